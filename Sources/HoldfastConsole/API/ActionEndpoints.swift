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
            do throws(Problem) {
                let account = try await perform(action, on: id, by: call.hand)
                audit(action.rawValue, on: id, by: call, outcome: "done")
                return .json(.accepted) { $0.fields(of: account) }
            } catch {
                audit(action.rawValue, on: id, by: call, outcome: error.code)
                throw error
            }
        }
    }

    func many(_ action: SessionCommand) -> Route.Handler {
        { call in
            let body = try await self.body(of: call.request)
            let selection = try AccountSelection(body)
            let (matched, applied) = try await perform(action, on: selection, by: call.hand)
            audit(action.rawValue, on: selection.description, by: call, outcome: "\(applied) of \(matched)")
            return .json { json in
                json.field("matched", matched)
                json.field("applied", applied)
            }
        }
    }

    private func perform(_ action: SessionCommand, on id: String, by hand: Hand) async throws(Problem) -> AccountView {
        do {
            return try await fleet.perform(action, on: id, by: hand)
        } catch {
            throw Problem(error, id: id)
        }
    }

    private func perform(
        _ action: SessionCommand, on selection: AccountSelection, by hand: Hand
    ) async throws(Problem) -> (matched: Int, applied: Int) {
        do {
            return try await fleet.perform(action, matching: selection.filter, by: hand)
        } catch {
            throw Problem(error, id: "")
        }
    }

    /// Does something about messages that somebody asked for.
    ///
    /// - Parameter missing: what to say where there is no such thing.
    func audited<Value>(
        _ action: String, on target: String, by call: Call, missing: Problem,
        _ body: () async throws(MessageRefusal) -> Value
    ) async throws(Problem) -> Value {
        do throws(MessageRefusal) {
            let value = try await body()
            audit(action, on: target, by: call, outcome: "done")
            return value
        } catch {
            let problem = Problem(error, missing: missing)
            audit(action, on: target, by: call, outcome: problem.code)
            throw problem
        }
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
