import Testing

@testable import HoldfastFleet

@Suite("Accounts leave a few descriptors to the rest of the process")
struct SocketBudgetTests {
    @Test(
        "as many sockets as the limit less its reserve, and no more",
        arguments: [(limit: 100_000, sockets: 99_872), (1_024, 896), (200, 150), (4, 3), (1, 1)])
    func reserve(limit: Int, sockets: Int) {
        let budget = SocketBudget(limit: { limit })
        for _ in 0..<sockets where !budget.take() { Issue.record("refused too early") }
        #expect(!budget.take() && !budget.take())
        budget.giveBack()
        #expect(budget.take() && !budget.take())
    }

    @Test("where the limit is not known, none is refused")
    func unknown() {
        let budget = SocketBudget(limit: { 0 })
        #expect(budget.take() && budget.take())
    }
}
