import Testing

/// Waits for what the gateway shows but does not announce: asks again and again, and fails when it takes too long.
func eventually(
    within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
    _ isSo: () async -> Bool
) async throws {
    struct NotReached: Error {}
    let end = ContinuousClock.now + limit
    while await !isSo() {
        guard ContinuousClock.now < end else {
            Issue.record("not so within \(limit)", sourceLocation: sourceLocation)
            throw NotReached()
        }
        // tidy: the pause between two looks; nothing is concluded from the time it takes
        try await Task.sleep(for: .milliseconds(1))
    }
}
