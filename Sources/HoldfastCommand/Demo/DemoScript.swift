import HoldfastCore
import HoldfastLab

/// What the gateway of the demo does wrong, and when. One round takes six minutes and then begins anew, with other accounts.
///
/// Everything heals by itself: nothing in it needs a person. The times are made for the standard settings, with which a dead
/// connection is noticed within half a minute.
struct DemoScript {
    struct Episode {
        /// From the start of the demo.
        var at: Duration
        /// For whoever watches, on standard error; nil for the second half of an episode.
        var story: String?
        var faults: [Fault]
    }

    static let round = Duration.seconds(360)
    static let rounds = 240

    let episodes: [Episode]

    init(accounts: [String], seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var episodes: [Episode] = []
        for round in 0..<Self.rounds {
            let start = Self.round * round
            for var episode in Self.round(of: accounts, using: &generator) {
                episode.at += start
                episodes.append(episode)
            }
        }
        self.episodes = episodes
    }

    func timetable() throws(InvalidInput) -> FaultScript {
        try FaultScript(episodes.map { FaultScript.Step(at: $0.at, faults: $0.faults) })
    }

    private static func round(of accounts: [String], using generator: inout SeededGenerator) -> [Episode] {
        /// A few accounts, drawn anew for every episode.
        func some(_ share: Double) -> [String] {
            let count = max(1, Int((Double(accounts.count) * share).rounded()))
            return Array(accounts.shuffled(using: &generator).prefix(count))
        }
        func faults(_ chosen: [String], _ kind: Fault.Kind, code: Int? = nil, lasting seconds: Double) -> [Fault] {
            chosen.map { Fault(kind, for: $0, code: code, lasting: .seconds(seconds)) }
        }
        func count(_ chosen: [String]) -> String { chosen.count == 1 ? "1 account" : "\(chosen.count) accounts" }
        let (cut, frozen, deaf) = (some(0.25), some(0.2), some(0.2))
        let (ended, refused, slow) = (some(0.3), some(0.25), some(0.15))
        let expired = some(0.2)
        return [
            Episode(
                at: .seconds(20), story: "the connections of \(count(cut)) are cut; back within seconds",
                faults: faults(cut, .reset, lasting: 0.5)),
            Episode(
                at: .seconds(50),
                story: "\(count(frozen)) freeze: the sockets stay open, nothing moves; noticed by missing heartbeats",
                faults: faults(frozen, .blackhole, lasting: 30)),
            Episode(
                at: .seconds(110),
                story: "the gateway stops answering the heartbeats of \(count(deaf)), though all else works; found out",
                faults: faults(deaf, .mute, lasting: 30)),
            Episode(
                at: .seconds(170),
                story: "the whole gateway goes down for 15 s; everybody comes back, one after the other",
                faults: [Fault(.reset, lasting: .seconds(0.3))]),
            Episode(at: .seconds(170.3), story: nil, faults: [Fault(.refuse, lasting: .seconds(15))]),
            Episode(
                at: .seconds(205), story: "the tokens of \(count(expired)) expire; they log in again, each once",
                faults: faults(expired, .expireToken, lasting: 20)),
            Episode(
                at: .seconds(230), story: "the gateway closes \(count(ended)) politely",
                faults: faults(ended, .close, code: 1001, lasting: 0.5)),
            Episode(
                at: .seconds(260), story: "\(count(refused)) are sent away with 503 and told to wait 20 s; they do",
                faults: faults(refused, .reset, lasting: 0.3)),
            Episode(
                at: .seconds(260.3), story: nil,
                faults: refused.map {
                    Fault(.upgradeStatus, for: $0, status: 503, retryAfterSeconds: 20, lasting: .seconds(25))
                }),
            Episode(
                at: .seconds(310),
                story: "\(count(slow)) are answered 6 s late; their health sinks, they stay connected",
                faults: faults(slow, .slow, lasting: 40)),
        ]
    }
}
