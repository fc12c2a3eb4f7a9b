import ArgumentParser
import Foundation

/// Which running Holdfast to talk to.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The address of a running Holdfast. (default: $HOLDFAST_URL, else http://127.0.0.1:8080)", valueName: "url")
    )
    var url: String?

    @Option(
        help: ArgumentHelp(
            "Its token, if it needs one. Prefer $HOLDFAST_TOKEN: arguments are visible to others on the machine.",
            valueName: "token"))
    var token: String?

    static let standardURL = "http://127.0.0.1:8080"

    /// - Throws: `ValidationError` if the address is none.
    func client(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> HoldfastClient {
        func given(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let text = url ?? given("HOLDFAST_URL") ?? Self.standardURL
        guard let base = URLComponents(string: text), let scheme = base.scheme, ["http", "https"].contains(scheme),
            let host = base.host, !host.isEmpty, base.user == nil, base.query == nil, base.fragment == nil
        else {
            throw ValidationError("'\(text)' is no address of a Holdfast; write it like \(Self.standardURL).")
        }
        let token = token ?? given("HOLDFAST_TOKEN")
        if let token, !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            throw ValidationError(
                "The token has characters that no token has (blanks, line breaks or letters beyond ASCII).")
        }
        var trimmed = text
        while trimmed.hasSuffix("/") { trimmed.removeLast() }
        return HoldfastClient(base: trimmed, token: token)
    }
}
