import HoldfastCore
import NIOCore
import Synchronization

/// The gateway's book: what happens once per connection or per sent message, in lists that have a limit.
final class Ledger: Sendable {
    /// Entries kept of connects, of sends and of logins. The totals count on.
    static let listLimit = 100_000
    /// Seconds with connects that are kept.
    static let rateLimit = 600
    /// Characters of a sent message's texts that are kept.
    static let textLimit = 1_000

    private struct State {
        var book = GatewayStatistics()
        var rates = CircularBuffer<GatewayStatistics.ConnectRate>()
        /// Where a client id stands in `book.sends`.
        var sendIndex: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// A book entry whose account may be filled in later; nil if the list was full.
    struct ConnectID {
        fileprivate var index: Int
    }

    func accepted() {
        state.withLock { $0.book.accepts += 1 }
    }

    @discardableResult
    func connect(account: String?, at: WallTime, outcome: GatewayStatistics.Connect.Outcome) -> ConnectID? {
        state.withLock { state in
            state.book.connectsTotal += 1
            let second = at.milliseconds / 1_000
            if let last = state.rates.indices.last, state.rates[last].second == second {
                state.rates[last].connects += 1
            } else {
                if state.rates.count == Self.rateLimit { state.rates.removeFirst() }
                state.rates.append(GatewayStatistics.ConnectRate(second: second, connects: 1))
            }
            guard state.book.connects.count < Self.listLimit else { return nil }
            state.book.connects.append(GatewayStatistics.Connect(account: account, at: at, outcome: outcome))
            return ConnectID(index: state.book.connects.count - 1)
        }
    }

    /// The account of an earlier connect is known now.
    func named(_ connect: ConnectID, account: String) {
        state.withLock { $0.book.connects[connect.index].account = account }
    }

    /// An earlier connect has got its answer.
    func answered(_ connect: ConnectID, outcome: GatewayStatistics.Connect.Outcome) {
        state.withLock { $0.book.connects[connect.index].outcome = outcome }
    }

    func opened() {
        state.withLock { state in
            state.book.live += 1
            state.book.maxLive = max(state.book.maxLive, state.book.live)
        }
    }

    func closed() {
        state.withLock { $0.book.live -= 1 }
    }

    /// An account has this many sessions now.
    func live(perAccount count: Int) {
        state.withLock { $0.book.maxLivePerAccount = max($0.book.maxLivePerAccount, count) }
    }

    /// A message came from a client. Returns how many different ones came before it, the same number for the same client id.
    func send(uuid: String, chat: String, text: String) -> Int {
        let (uuid, chat, text) = (Self.kept(uuid), Self.kept(chat), Self.kept(text))
        return state.withLock { state in
            state.book.sendsTotal += 1
            if let index = state.sendIndex[uuid] {
                state.book.sends[index].count += 1
                return index
            }
            let count = state.book.sends.count
            guard count < Self.listLimit else { return state.book.sendsTotal }
            state.sendIndex[uuid] = count
            state.book.sends.append(GatewayStatistics.Send(uuid: uuid, chat: chat, text: text, count: 1))
            return count
        }
    }

    private static func kept(_ text: String) -> String {
        text.utf8.count <= textLimit ? text : String(text.prefix(textLimit))
    }

    /// - Parameter lists: false leaves the long lists out, for those who ask often.
    func snapshot(lists: Bool) -> GatewayStatistics {
        state.withLock { state in
            var copy = state.book
            if lists {
                copy.connectsPerSecond = Array(state.rates)
            } else {
                copy.connects = []
                copy.sends = []
            }
            return copy
        }
    }
}
