import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastLab

@Suite("Which fault is whose")
struct FaultPlanTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let wall = WallTime(milliseconds: 1_700_000_000_000)

    private func plan(_ faults: Fault...) -> FaultPlan<Fault> { FaultPlan(faults, now: start, wall: wall) }

    @Test("the first match wins, whether it names the account or everyone")
    func firstMatchWins() {
        let mixed = plan(Fault(.mute, for: "a"), Fault(.reset), Fault(.slow, for: "b"))
        #expect(mixed.first(for: "a")?.fault.kind == .mute)
        #expect(mixed.first(for: "b")?.fault.kind == .reset)
        #expect(mixed.first(for: "c")?.fault.kind == .reset)
        #expect(plan(Fault(.slow, for: "b"), Fault(.mute, for: "b")).first(for: "b")?.fault.kind == .slow)
        #expect(plan(Fault(.slow, for: "b")).first(for: "c") == nil)
    }

    @Test("a session whose account is not known yet is met only by a fault for all of everyone")
    func unknownAccount() {
        #expect(plan(Fault(.mute)).first(for: nil)?.fault.kind == .mute)
        #expect(plan(Fault(.mute, share: 0.99)).first(for: nil) == nil)
        #expect(plan(Fault(.mute, for: "a")).first(for: nil) == nil)
    }

    @Test(
        "a share picks about that many, always the same, and a larger share contains a smaller one",
        arguments: [0.1, 0.5, 0.9])
    func share(_ share: Double) {
        let accounts = (0..<10_000).map { "shop-\($0)" }
        let hit = Set(accounts.filter { plan(Fault(.mute, share: share)).first(for: $0) != nil })
        #expect(abs(Double(hit.count) / 10_000 - share) < 0.02)
        #expect(hit == Set(accounts.filter { plan(Fault(.mute, share: share)).first(for: $0) != nil }))
        #expect(hit.isSubset(of: accounts.filter { plan(Fault(.mute, share: share + 0.05)).first(for: $0) != nil }))
    }

    @Test("the choice of a share is the same in every process")
    func shareIsStable() {
        #expect(FaultMatch.position(of: "shop-1") == 0.889_135_405_912_504_6)
    }

    @Test("a share of a named account is all of it or nothing")
    func namedShare() {
        let position = FaultMatch.position(of: "a")
        #expect(plan(Fault(.mute, for: "a", share: position + 0.001)).first(for: "a") != nil)
        #expect(plan(Fault(.mute, for: "a", share: position)).first(for: "a") == nil)
    }

    @Test("a fault that lasts a while ends by itself; the others stand as the same entries")
    func ends() {
        let both = plan(Fault(.mute, lasting: .seconds(10)), Fault(.reset))
        #expect(both.nextEnd == start + .seconds(10))
        #expect(both.withoutEnded(at: start + .seconds(9)).first(for: "a")?.fault.kind == .mute)
        let later = both.withoutEnded(at: start + .seconds(10))
        #expect(later.first(for: "a") === both.standing[1])
        #expect(later.nextEnd == nil)
    }

    @Test("listed again, a fault shows what is left of its time")
    func remaining() {
        let left = plan(Fault(.mute, lasting: .seconds(10)), Fault(.reset)).remaining(at: start + .seconds(4))
        #expect(left.map(\.terms.duration) == [.seconds(6), nil])
    }

    @Test("a script's steps are put in the order of time")
    func script() throws {
        let text =
            #"[{"at_s":5,"faults":[]}, {"at_s":0.5,"faults":[{"fault":"mute"}],"login_faults":[{"fault":"hang"}]}]"#
        let script = try FaultScript(json: ByteBuffer(string: text))
        #expect(
            script.steps == [
                .init(at: .milliseconds(500), faults: [Fault(.mute)], loginFaults: [LoginFault(.hang)]),
                .init(at: .seconds(5), faults: []),
            ])
    }

    @Test(
        "a wrong script is named by its place",
        arguments: [
            (#"{}"#, "script: must be a list"), (#"[{}]"#, "script[0].at_s: is missing"),
            (#"[{"at_s":1}]"#, "script[0]: has neither faults nor login_faults"),
            (#"[{"at_s":-1,"faults":[]}]"#, "script[0].at_s: is -1"),
            (#"[{"at_s":1,"faults":[{"fault":"x"}]}]"#, "script[0].faults[0].fault: "),
            (#"[{"at_s":1,"faults":[],"login_faults":[{"fault":"mute"}]}]"#, "script[0].login_faults[0].fault: "),
        ])
    func wrongScript(text: String, message: String) throws {
        let error = try #require(throws: InvalidInput.self) { try FaultScript(json: ByteBuffer(string: text)) }
        #expect(error.description.hasPrefix(message), "\(error)")
    }
}
