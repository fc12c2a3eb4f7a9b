// Sends each line of standard input to a WebSocket server, waits for one text and prints it:
//
//     swift run EchoExample wss://echo.example.org/
//
// Ends when its input does, or when a line is not answered by a text: the server sent bytes, or closed in order. Any other
// end is an error.

import HoldfastWire

@main
struct Echo {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else {
            print("usage: EchoExample ws://HOST:PORT/PATH")
            return
        }
        var options = WebSocketClientOptions()
        options.link.deflate = DeflateOptions()
        let client = try await WebSocketClient.connect(to: CommandLine.arguments[1], options: options)
        let answers = client.messages.makeAsyncIterator()
        while let line = readLine() {
            try await client.send(line)
            guard case .text(let answer) = try await answers.next() else { break }
            print(answer)
        }
        await client.close()
    }
}
