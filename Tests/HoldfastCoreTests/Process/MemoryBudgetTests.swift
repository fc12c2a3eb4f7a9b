import HoldfastCore
import Testing

@Suite("A process keeps its memory within a budget")
struct MemoryBudgetTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    @Test(
        "each level begins at its share of the budget",
        arguments: [
            (0, .calm), (799, .calm), (800, .release), (899, .release), (900, .hold), (969, .hold), (970, .shed),
            (5_000, .shed),
        ] as [(Int, MemoryBudget.Level)])
    func levels(used: Int, level: MemoryBudget.Level) {
        var budget = MemoryBudget()
        _ = budget.observe(usedBytes: used, budgetBytes: 1_000, sockets: 10, at: start)
        #expect(budget.level == level)
    }

    @Test("a level ends five points below its beginning, one after the other")
    func slack() {
        var budget = MemoryBudget()
        var levels: [MemoryBudget.Level] = []
        for used in [970, 930, 919, 860, 849, 760, 749, 799] {
            _ = budget.observe(usedBytes: used, budgetBytes: 1_000, sockets: 10, at: start)
            levels.append(budget.level)
        }
        #expect(levels == [.shed, .shed, .hold, .hold, .release, .release, .calm, .calm])
    }

    @Test("what can be freed is freed at once and every ten seconds; sockets are given up only when that did not help")
    func order() {
        var budget = MemoryBudget()
        var released: [Int] = []
        var shed: [Int] = []
        for second in 0..<21 {
            let orders = budget.observe(
                usedBytes: 990, budgetBytes: 1_000, sockets: 500, at: start + .seconds(Int64(second)))
            if orders.release { released.append(second) }
            if orders.shed > 0 { shed.append(second) }
            #expect(orders.shed == (orders.release ? 0 : 5))
        }
        #expect(released == [0, 10, 20])
        #expect(shed == (1..<20).filter { $0 != 10 })
    }

    @Test("never more sockets than there are, and one at least", arguments: [(0, 0), (1, 1), (99, 1), (1_000, 10)])
    func few(sockets: Int, shed: Int) {
        var budget = MemoryBudget()
        _ = budget.observe(usedBytes: 990, budgetBytes: 1_000, sockets: sockets, at: start)
        let orders = budget.observe(usedBytes: 990, budgetBytes: 1_000, sockets: sockets, at: start + .seconds(1))
        #expect(orders.shed == shed)
    }

    @Test("without a budget all is calm, also after one has been taken away")
    func none() {
        var budget = MemoryBudget()
        _ = budget.observe(usedBytes: 990, budgetBytes: 1_000, sockets: 10, at: start)
        #expect(budget.observe(usedBytes: .max, budgetBytes: nil, sockets: 10, at: start) == MemoryBudget.Orders())
        #expect(budget.level == .calm)
        #expect(budget.observe(usedBytes: 1, budgetBytes: 0, sockets: 10, at: start) == MemoryBudget.Orders())
    }
}
