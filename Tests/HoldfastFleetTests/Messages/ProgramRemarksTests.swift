import HoldfastCore
import NIOCore
import NIOEmbedded
import Testing

@testable import HoldfastFleet

@Suite("What a handler's program writes on its standard error")
struct ProgramRemarksTests {
    @Test("how many lines were left out is said at the end of their window, though no other line comes")
    func flood() throws {
        let log = LogRecorder()
        let channel = EmbeddedChannel(handler: ProgramRemarks(of: "chatty", logger: log.logger))
        let lines = (1...ProgramRemarks.linesLimit + 5).map { "line \($0)\n" }.joined()
        try channel.writeInbound(ByteBuffer(string: lines))
        func leftOut() -> [String?] {
            log.lines("a handler's program said more than is logged").map { $0.metadata["lines"] }
        }
        #expect(log.lines("a handler's program says").count == ProgramRemarks.linesLimit)
        #expect(leftOut().isEmpty)
        channel.embeddedEventLoop.advanceTime(by: TimeAmount(ProgramRemarks.window))
        #expect(leftOut() == ["5"])
        _ = try channel.finish()
        #expect(leftOut() == ["5"], "and not again at the end")
    }
}
