import HoldfastCore
import HoldfastWire
import NIOCore

/// What a proxy says means the same however it is cut, and it is left as soon as it is no proxy.
func tryProxies(_ bytes: [UInt8]) throws(BrokenPromise) {
    let pieces = Pieces(bytes)
    for url in ["http://p:1", "socks5://p:1", "socks5://a:b@p:1"] {
        guard let proxy = try? Proxy(url: url) else { throw BrokenPromise("a good URL is refused") }
        let whole = outcome(of: pieces.whole, proxy)
        let single = outcome(of: pieces.single, proxy)
        // In one piece, what is wrong behind the answer is seen with it; byte by byte the link is on its way already.
        let sameEnd = whole.problem == single.problem || (single.isDone && whole.problem == .notAProxy)
        try demand(sameEnd && whole.said == single.said, "byte by byte it means something else")
        try demand(whole.said.count <= 2, "we say more than there is to say")
    }
}

private struct Outcome: Equatable {
    var said: [ByteBuffer] = []
    var isDone = false
    var problem: ProxyProblem?
}

private func outcome(of pieces: [ByteBuffer], _ proxy: Proxy) -> Outcome {
    var exchange = ProxyExchange(proxy, to: "gateway.test", port: 443)
    var outcome = Outcome()
    for var piece in pieces {
        do throws(ProxyProblem) {
            feeding: while true {
                switch try exchange.next(from: &piece) {
                case .needsMore: break feeding
                case .send(let bytes): outcome.said.append(bytes)
                case .done:
                    outcome.isDone = true
                    return outcome
                }
            }
        } catch {
            outcome.problem = error
            return outcome
        }
    }
    return outcome
}
