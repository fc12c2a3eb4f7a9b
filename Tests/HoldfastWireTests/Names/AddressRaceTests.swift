import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("Which address is tried next, and when (RFC 8305)")
struct AddressRaceTests {
    /// What happens to a race, and what it says then. Times are milliseconds from its start.
    enum Event: Sendable {
        case v6([String], at: Int)
        case v4([String], at: Int)
        case failed(at: Int)
        /// All addresses that may be tried at this time, in their order, and what comes after them.
        case expect([String], at: Int, then: Then)
    }

    enum Then: Hashable, Sendable {
        case nothing, exhausted
        case again(at: Int)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var events: [Event]

        init(_ description: String, _ events: Event...) {
            testDescription = description
            self.events = events
        }
    }

    static let rows = [
        Row(
            "both answers at once: IPv6 first, then in turn, a quarter of a second apart",
            .expect([], at: 0, then: .nothing),
            .v6(["::1", "::2", "::3"], at: 0), .v4(["10.0.0.1"], at: 0),
            .expect(["::1"], at: 0, then: .again(at: 250)), .expect([], at: 249, then: .again(at: 250)),
            .expect(["10.0.0.1"], at: 250, then: .again(at: 500)), .expect(["::2"], at: 510, then: .again(at: 760)),
            .expect(["::3"], at: 760, then: .nothing)),
        Row(
            "IPv6 alone need not wait for IPv4",
            .v6(["::1"], at: 10), .expect(["::1"], at: 10, then: .nothing),
            .v4(["10.0.0.1"], at: 100), .expect([], at: 100, then: .again(at: 260)),
            .expect(["10.0.0.1"], at: 260, then: .nothing)),
        Row(
            "IPv4 waits 50 ms for IPv6, which comes in time",
            .v4(["10.0.0.1"], at: 10), .expect([], at: 10, then: .again(at: 60)),
            .v6(["::1"], at: 40), .expect(["::1"], at: 40, then: .again(at: 290)),
            .expect(["10.0.0.1"], at: 290, then: .nothing)),
        Row(
            "IPv4 waits 50 ms for IPv6, which comes late and joins",
            .v4(["10.0.0.1", "10.0.0.2"], at: 10), .expect(["10.0.0.1"], at: 60, then: .again(at: 310)),
            .v6(["::1"], at: 100), .expect(["::1"], at: 310, then: .again(at: 560)),
            .expect(["10.0.0.2"], at: 560, then: .nothing)),
        Row(
            "no IPv6 address: IPv4 at once", .v6([], at: 0), .v4(["10.0.0.1"], at: 5),
            .expect(["10.0.0.1"], at: 5, then: .nothing)),
        Row(
            "no IPv4 address, and IPv6 has not answered yet: there is still hope",
            .v4([], at: 0), .expect([], at: 100, then: .nothing), .v6(["::1"], at: 200),
            .expect(["::1"], at: 200, then: .nothing)),
        Row(
            "a failure lets the next begin at once", .v6(["::1"], at: 0), .v4(["10.0.0.1", "10.0.0.2"], at: 0),
            .expect(["::1"], at: 0, then: .again(at: 250)), .failed(at: 20),
            .expect(["10.0.0.1"], at: 20, then: .again(at: 270))),
        Row(
            "over when every address has failed", .v6(["::1"], at: 0), .v4(["10.0.0.1"], at: 0),
            .expect(["::1"], at: 0, then: .again(at: 250)), .expect(["10.0.0.1"], at: 250, then: .nothing),
            .failed(at: 300), .expect([], at: 300, then: .nothing), .failed(at: 310),
            .expect([], at: 310, then: .exhausted)),
        Row(
            "the last address fails before the other family has answered", .v6(["::1"], at: 0),
            .expect(["::1"], at: 0, then: .nothing), .failed(at: 1), .expect([], at: 1, then: .nothing),
            .v4(["10.0.0.1"], at: 30), .expect(["10.0.0.1"], at: 30, then: .nothing)),
        Row("no address at all", .v6([], at: 0), .v4([], at: 0), .expect([], at: 0, then: .exhausted)),
        Row(
            "only a family's first answer counts", .v6(["::1"], at: 0), .v6(["::2"], at: 0), .v4([], at: 0),
            .expect(["::1"], at: 0, then: .nothing)),
    ]

    @Test("step by step", arguments: rows)
    func steps(row: Row) throws {
        var race = AddressRace()
        for event in row.events {
            switch event {
            case .v6(let texts, let time): race.learned(try addresses(texts), of: .v6, at: instant(time))
            case .v4(let texts, let time): race.learned(try addresses(texts), of: .v4, at: instant(time))
            case .failed(let time): race.failed(at: instant(time))
            case .expect(let texts, let time, let then):
                for address in try addresses(texts) { #expect(race.next(at: instant(time)) == .connect(address)) }
                let last: AddressRace.Step =
                    switch then {
                    case .nothing: .wait(until: nil)
                    case .again(let time): .wait(until: instant(time))
                    case .exhausted: .exhausted
                    }
                #expect(race.next(at: instant(time)) == last, "at \(time)")
            }
        }
    }

    @Test("a name with many addresses does not open a socket for each")
    func limit() throws {
        var race = AddressRace()
        race.learned(try addresses((1...100).map { "::\($0)" }), of: .v6, at: instant(0))
        race.learned(try addresses((1...100).map { "10.0.0.\($0)" }), of: .v4, at: instant(0))
        for number in 0..<AddressRace.addressLimit {
            guard case .connect = race.next(at: instant(number * 250)) else {
                Issue.record("try \(number) was not made")
                return
            }
        }
        #expect(race.next(at: instant(60_000)) == .wait(until: nil))
        for _ in 0..<AddressRace.addressLimit { race.failed(at: instant(60_000)) }
        #expect(race.next(at: instant(60_000)) == .exhausted)
    }

    private func addresses(_ texts: [String]) throws -> [SocketAddress] {
        try texts.map { try SocketAddress(ipAddress: $0, port: 1) }
    }

    private func instant(_ milliseconds: Int) -> Instant {
        Instant(nanoseconds: 1 << 50) + .milliseconds(milliseconds)
    }
}
