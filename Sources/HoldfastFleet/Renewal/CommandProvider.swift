import FoundationEssentials
import HoldfastCore

/// A login by a program of the operator's.
///
/// It gets `{"account", "device", "user", "password", "cookies", "token"}` (those that there are) on standard input and answers
/// `{"outcome": "renewed", "token", "cookies", "ttl_s"}`, or another outcome with a `detail` for people, on standard output.
struct CommandProvider: CredentialProvider {
    let configuration: CommandProviderConfiguration

    func renew(_ request: LoginRequest) async -> LoginReply {
        guard let input = Self.input(request) else {
            return .failed(.tryLater, "the request cannot be written as JSON")
        }
        let result = await ProgramRun.run(
            configuration.command, input: input, deadline: configuration.timeout,
            outputLimitBytes: CommandProviderConfiguration.outputLimitBytes)
        switch result {
        case .ended(status: 0, let output): return Self.reply(output)
        case .ended(let status, _): return .failed(.tryLater, "the program ended with status \(status)")
        case .timedOut: return .failed(.tryLater, "the program did not answer in time and was killed")
        case .tooMuchOutput: return .failed(.tryLater, "the program wrote too much and was killed")
        case .notStarted(let reason): return .failed(.tryLater, "the program cannot be started: \(reason)")
        }
    }

    static func input(_ request: LoginRequest) -> [UInt8]? {
        var fields = ["account": request.account]
        fields["device"] = request.device
        fields["user"] = request.credentials.user?.withRevealed(\.self)
        fields["password"] = request.credentials.password?.withRevealed(\.self)
        fields["cookies"] = request.credentials.cookies?.withRevealed(\.self)
        fields["token"] = request.credentials.token?.withRevealed(\.self)
        return (try? JSONEncoder().encode(fields)).map { Array($0) + [UInt8(ascii: "\n")] }
    }

    static func reply(_ output: [UInt8]) -> LoginReply {
        guard let json = JSONTree(output), let word = json["outcome"]?.plain else {
            return .failed(.tryLater, "the program did not answer with a JSON object that has an outcome")
        }
        guard let outcome = ProviderOutcome(rawValue: word) else {
            let known = ProviderOutcome.allCases.map(\.rawValue).joined(separator: ", ")
            return .failed(.tryLater, "the program answered with an unknown outcome; known: \(known)")
        }
        guard outcome == .renewed else {
            let detail = String((json["detail"]?.plain ?? "no detail").prefix(200))
            return .failed(outcome, "the program said: \(detail)")
        }
        func secret(_ name: String) -> Secret? { json[name]?.plain.flatMap { $0.isEmpty ? nil : Secret($0) } }
        let (token, cookies) = (secret("token"), secret("cookies"))
        guard token != nil || cookies != nil else {
            return .failed(.tryLater, "the program said \"renewed\" and gave neither a token nor cookies")
        }
        return .renewed(token: token, cookies: cookies, lifetime: json["ttl_s"]?.seconds)
    }
}
