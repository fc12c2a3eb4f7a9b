import ArgumentParser
import Testing

@testable import HoldfastCommand

@Suite("Help that can be copied")
struct HelpTests {
    @Test("no line of an example is so long that the terminal's end would cut it in two")
    func examples() {
        for (name, discussion) in Self.discussions(of: Holdfast.self) {
            for line in discussion.split(separator: "\n") where line.hasPrefix("  ") {
                #expect(line.count <= 80, "\(name): \(line)")
            }
        }
    }

    private static func discussions(of command: any ParsableCommand.Type) -> [(String, String)] {
        let configuration = command.configuration
        let own = (configuration.commandName ?? "", configuration.discussion)
        return [own] + configuration.subcommands.flatMap { discussions(of: $0) }
    }
}
