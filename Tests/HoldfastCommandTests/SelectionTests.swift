import ArgumentParser
import Foundation
import Testing

@testable import HoldfastCommand

@Suite("What is typed is understood or refused, never guessed")
struct SelectionTests {
    @Test(
        "an action needs ids, or a filter, or --all, and one of them only",
        arguments: [
            ["accounts", "disable"], ["accounts", "disable", "a", "--all"],
            ["accounts", "disable", "--all", "--filter", "x"],
            ["accounts", "disable", "a/b"], ["accounts", "disable", ".."],
            ["accounts", "disable", "--filter", "colour=red"],
            ["accounts", "disable", "--filter", "state="], ["accounts", "disable", "--filter", "a", "--filter", "b"],
            ["timeline"], ["timeline", "a b"], ["status", "--limit", "0"], ["status", "--watch", "--every", "0"],
            ["check"],
        ])
    func usageErrors(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try Holdfast.parseAsRoot(arguments) }
        if let error { #expect(Holdfast.exitCode(for: error) == .validationFailure) }
        #expect(ExitCode.validationFailure.rawValue == 64)
    }

    @Test("a filter becomes the body of the API")
    func filterBody() throws {
        let command = try #require(
            try Holdfast.parseAsRoot(["accounts", "reset", "--filter", "state=failed", "--filter", "shop"])
                as? ResetCommand)
        #expect(
            String(decoding: try command.selection.body(), as: UTF8.self)
                == #"{"filter":{"q":"shop","state":"failed"}}"#)
        let all = try #require(try Holdfast.parseAsRoot(["accounts", "reset", "--all"]) as? ResetCommand)
        #expect(String(decoding: try all.selection.body(), as: UTF8.self) == #"{"all":true}"#)
    }

    @Test("the address is the option's, else the environment's, else the standard one")
    func address() throws {
        func base(_ arguments: [String], _ environment: [String: String]) throws -> String {
            try ServerOptions.parse(arguments).client(environment: environment).base
        }
        #expect(try base([], [:]) == "http://127.0.0.1:8080")
        #expect(try base([], ["HOLDFAST_URL": "http://h:1/"]) == "http://h:1")
        #expect(try base([], ["HOLDFAST_URL": ""]) == "http://127.0.0.1:8080")
        #expect(try base(["--url", "https://h"], ["HOLDFAST_URL": "http://h:1/"]) == "https://h")
    }

    @Test(
        "an address that is none is refused",
        arguments: ["", "h:1", "ftp://h", "http://", "http://user@h", "http://h?a=b", "http://h#x"])
    func noAddress(url: String) throws {
        let options = try ServerOptions.parse(["--url", url])
        #expect(throws: ValidationError.self) { try options.client(environment: [:]) }
    }

    @Test("a token that could break out of its header is refused")
    func badToken() throws {
        let options = try ServerOptions.parse([])
        #expect(throws: ValidationError.self) {
            try options.client(environment: ["HOLDFAST_TOKEN": "a\r\nX: y"])
        }
    }
}
