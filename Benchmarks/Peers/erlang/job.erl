%% The job in Erlang: a process per session, frames by hand on gen_tcp. escript would interpret; this is compiled.
%% erl -noshell -s job main PORT SESSIONS
-module(job).
-export([main/1]).

main([Port, Count]) ->
    start(list_to_integer(atom_to_list(Port)), list_to_integer(atom_to_list(Count))).

start(Port, Count) ->
    [begin
         spawn(fun() -> session(Port, N) end),
         case N rem 200 of 0 -> timer:sleep(5); _ -> ok end
     end || N <- lists:seq(1, Count)],
    receive stop -> ok end.

mid() -> [$e, integer_to_list(erlang:unique_integer([positive])), " 0"].

session(Port, N) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {nodelay, true}, {recbuf, 4096}]),
    ok = gen_tcp:send(Socket, ["GET /s", integer_to_list(N), " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"]),
    Rest = upgraded(Socket, <<>>),
    send(Socket, ["{\"lwp\":\"/reg\",\"headers\":{\"cache-header\":\"app-key token ua wv\",\"app-key\":\"444\",\"token\":\"t\",",
        "\"ua\":\"u\",\"dt\":\"j\",\"wv\":\"im:3,au:3,sy:6\",\"sync\":\"0,0;0;0;\",\"did\":\"d\",\"mid\":\"", mid(), "\"}}"]),
    erlang:send_after(rand:uniform(15000), self(), beat),
    inet:setopts(Socket, [{active, once}]),
    loop(Socket, Rest, #{}, #{}, queue:new()).

upgraded(Socket, Have) ->
    case binary:split(Have, <<"\r\n\r\n">>) of
        [_, Rest] -> Rest;
        _ ->
            {ok, More} = gen_tcp:recv(Socket, 0),
            upgraded(Socket, <<Have/binary, More/binary>>)
    end.

loop(Socket, Have, Open, Seen, Order) ->
    receive
        {tcp, Socket, Bytes} ->
            inet:setopts(Socket, [{active, once}]),
            frames(Socket, <<Have/binary, Bytes/binary>>, Open, Seen, Order);
        {tcp_closed, Socket} -> ok;
        beat ->
            Now = erlang:monotonic_time(second),
            case lists:any(fun(Sent) -> Now - Sent > 30 end, maps:values(Open)) of
                true -> gen_tcp:close(Socket);
                false ->
                    Mid = iolist_to_binary(mid()),
                    send(Socket, ["{\"lwp\":\"/!\",\"headers\":{\"mid\":\"", Mid, "\"}}"]),
                    erlang:send_after(15000, self(), beat),
                    loop(Socket, Have, Open#{Mid => Now}, Seen, Order)
            end
    end.

frames(Socket, <<_:4, 1:4, 0:1, 126:7, Size:16, Text:Size/binary, Rest/binary>>, Open, Seen, Order) ->
    message(Socket, Text, Rest, Open, Seen, Order);
frames(Socket, <<_:4, 1:4, 0:1, Size:7, Text:Size/binary, Rest/binary>>, Open, Seen, Order) when Size < 126 ->
    message(Socket, Text, Rest, Open, Seen, Order);
frames(Socket, Have, Open, Seen, Order) -> loop(Socket, Have, Open, Seen, Order).

message(Socket, Text, Rest, Open, Seen, Order) ->
    Mid = field(Text, <<"\"mid\":\"">>),
    case binary:match(Text, <<"\"lwp\":">>) of
        nomatch -> frames(Socket, Rest, maps:remove(Mid, Open), Seen, Order);
        _ ->
            Inner = base64:decode(field(Text, <<"\"data\":\"">>)),
            Id = binary:copy(field(Inner, <<"\"3\":\"">>)),
            send(Socket, ["{\"code\":200,\"headers\":{\"mid\":\"", Mid, "\",\"sid\":\"s\"}}"]),
            case Seen of
                #{Id := _} -> frames(Socket, Rest, Open, Seen, Order);
                _ ->
                    {Seen1, Order1} = remember(Id, Seen, Order),
                    frames(Socket, Rest, Open, Seen1, Order1)
            end
    end.

remember(Id, Seen, Order) when map_size(Seen) >= 10000 ->
    {{value, Oldest}, Order1} = queue:out(Order),
    remember(Id, maps:remove(Oldest, Seen), Order1);
remember(Id, Seen, Order) -> {Seen#{Id => true}, queue:in(Id, Order)}.

field(Text, Key) ->
    {At, Size} = binary:match(Text, Key),
    From = At + Size,
    {End, _} = binary:match(Text, <<"\"">>, [{scope, {From, byte_size(Text) - From}}]),
    binary:part(Text, From, End - From).

send(Socket, Text) ->
    Bytes = iolist_to_binary(Text),
    Head = case byte_size(Bytes) of
        Size when Size < 126 -> <<1:1, 0:3, 1:4, 1:1, Size:7, 0:32>>;
        Size -> <<1:1, 0:3, 1:4, 1:1, 126:7, Size:16, 0:32>>
    end,
    gen_tcp:send(Socket, [Head, Bytes]).
