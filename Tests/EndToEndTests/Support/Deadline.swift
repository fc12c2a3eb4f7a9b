/// A wait that took too long. It says what was waited for and, where there is one, what was seen last.
struct TooLate: Error, CustomStringConvertible {
    var awaited: String
    var lastSeen: String?

    var description: String {
        "waited too long for \(awaited)" + (lastSeen.map { "; last seen: \($0)" } ?? "")
    }
}

/// Runs `body`, and gives up on it after `limit`.
func within<Result: Sendable>(
    _ limit: Duration, _ awaited: String, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask(operation: body)
        group.addTask {
            // tidy: this is the deadline itself, not a guess at when something has happened
            try await Task.sleep(for: limit)
            throw TooLate(awaited: awaited)
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw CancellationError() }
        return result
    }
}

/// Asks again and again until the answer is right, for what does not tell by itself. Prefer waiting for a line of the log.
/// - Parameter look: returns nil or throws while it is not time yet.
func poll<Result: Sendable>(
    _ limit: Duration = .seconds(60), _ awaited: String, _ look: @escaping @Sendable () async throws -> Result?
) async throws -> Result {
    let end = ContinuousClock.now + limit
    var lastSeen: String?
    while ContinuousClock.now < end {
        do {
            if let result = try await look() { return result }
        } catch {
            lastSeen = "\(error)"
        }
        // tidy: the rest between two looks
        try await Task.sleep(for: .milliseconds(50))
    }
    throw TooLate(awaited: awaited, lastSeen: lastSeen)
}
