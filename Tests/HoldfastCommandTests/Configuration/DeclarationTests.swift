import HoldfastFleet
import Testing

@testable import HoldfastCommand

@Suite("The declaration of an account that is added to the running fleet")
struct DeclarationTests {
    private func read(_ json: String) throws -> AccountConfiguration {
        let configuration = try ConfigurationLoader.parse("accounts: []\n", path: "fleet.yaml")
        let reader = try #require(configuration.fleet.declarationReader)
        return try reader(json)
    }

    @Test("is JSON: a character beyond the first plane, numbers, and dollar signs are what they are")
    func json() throws {
        let account = try read(
            #"""
            {"id": "a", "url": "ws://127.0.0.1:9/a", "token": "\uD83D\uDE00 ${HOME} $$ tab\t", "enabled": false,
             "lwp": {"user_id": 2209876543210}, "heartbeat": {"max_misses": 2}}
            """#)
        #expect(account.token?.withRevealed(\.self) == "\u{1F600} ${HOME} $$ tab\t")
        #expect(!account.isEnabled)
        #expect(account.settings.heartbeat.maxMisses == 2)
    }

    @Test(
        "what is no JSON, or no account, is refused with the reason",
        arguments: [
            ("id: a\nurl: ws://h/", "this is not JSON"), ("", "this is not JSON"),
            (#"{"id": "a", "url": "ws://h/", "token": "\uD83D"}"#, "this is not JSON"),
            (#"{"id": "a", "url": "ws://h/", "tokens": "x"}"#, "tokens"), ("[]", ""), ("3", ""),
            (
                #"{"id": "a", "url": "ws://h/", "headers": \#(String(repeating: "[", count: 40))1\#(String(repeating: "]", count: 40))}"#,
                "headers"
            ),
        ])
    func refused(text: String, reason: String) {
        let error = #expect(throws: InvalidDeclaration.self) { try read(text) }
        #expect(reason.isEmpty || error?.problems.contains { $0.contains(reason) } == true, "\(error?.problems ?? [])")
    }
}
