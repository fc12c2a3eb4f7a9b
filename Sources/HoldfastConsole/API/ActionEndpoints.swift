import HTTPTypes
import HoldfastCore
import HoldfastFleet
import Hummingbird
import Logging
import NIOCore

/// Acting on accounts. Every try leaves a line in the log: who, from where, what, and what came of it.
struct ActionEndpoints: Sendable {
    let fleet: Fleet
    let logger: Logger
    let limits: ConsoleLimits

    func one(_ action: SessionCommand) -> Route.Handler {
        { call in
            let id = call.variable("id")
            let account = try await audited(action.rawValue, on: id, by: call, refused: { Problem($0, id: id) }) {
                () async throws(CommandRefusal) in
                try await fleet.perform(action, on: id, by: call.hand)
            }
            return .json(.accepted) { $0.fields(of: account) }
        }
    }

    func many(_ action: SessionCommand) -> Route.Handler {
        { call in
            let body = try await self.body(of: call.request)
            let selection = try AccountSelection(body)
            do throws(CommandRefusal) {
                let (matched, applied) = try await fleet.perform(action, matching: selection.filter, by: call.hand)
                audit(action.rawValue, on: selection.description, by: call, outcome: "\(applied) of \(matched)")
                return .json { json in
                    json.field("matched", matched)
                    json.field("applied", applied)
                }
            } catch {
                audit(action.rawValue, on: selection.description, by: call, outcome: error.code)
                throw Problem(error, id: "")
            }
        }
    }

    /// Does what somebody asked for, and says so in the log, refused or not.
    ///
    /// - Parameter problem: what a refusal is for whoever asked.
    func audited<Value, Refusal: Error>(
        _ action: String, on target: String, by call: Call, refused problem: (Refusal) -> Problem,
        _ body: () async throws(Refusal) -> Value
    ) async throws(Problem) -> Value {
        do throws(Refusal) {
            let value = try await body()
            audit(action, on: target, by: call, outcome: "done")
            return value
        } catch {
            let problem = problem(error)
            audit(action, on: target, by: call, outcome: problem.code)
            throw problem
        }
    }

    /// The same, for what is about messages.
    ///
    /// - Parameter missing: what to say where there is no such thing.
    func audited<Value>(
        _ action: String, on target: String, by call: Call, missing: Problem,
        _ body: () async throws(MessageRefusal) -> Value
    ) async throws(Problem) -> Value {
        try await audited(action, on: target, by: call, refused: { Problem($0, missing: missing) }, body)
    }

    func body(of request: Request) async throws -> ByteBuffer {
        do {
            return try await request.body.collect(upTo: limits.bodyBytes)
        } catch is NIOTooManyBytesError {
            throw Problem.bodyTooLarge(limitBytes: limits.bodyBytes)
        } catch {
            // Cut off, or in a coding that is none: it is theirs, and no failure of ours.
            throw Problem.badBody("The body of the request cannot be read.")
        }
    }

    func audit(_ action: String, on target: String, by call: Call, outcome: String) {
        logger.notice(
            "manual action",
            metadata: [
                "action": "\(action)", "account": "\(target.shortened)", "by": "\(call.caller.name)",
                "address": "\(call.context.peer)", "outcome": "\(outcome)",
            ])
    }
}
