import HoldfastCore
import Testing

@Suite("A secret")
struct SecretTests {
    private struct Holder {
        var name = "shop-1"
        var token: Secret? = Secret("hunter2")
    }

    private struct Trouble: Error {
        var token = Secret("hunter2")
    }

    private static func dumped(_ value: some Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }

    @Test(
        "is not shown by any way of printing it",
        arguments: [
            "\(Secret("hunter2"))",
            String(describing: Secret("hunter2")),
            String(reflecting: Secret("hunter2")),
            "\(Optional(Secret("hunter2")) as Any)",
            "\([Secret("hunter2")])",
            "\(["token": Secret("hunter2")])",
            "\(Holder())",
            String(reflecting: Holder()),
            "\(Trouble())",
            dumped(Secret("hunter2")),
            dumped(Holder()),
        ])
    func isNotShown(printed: String) {
        #expect(!printed.contains("hunter2"))
        #expect(printed.contains(Secret.placeholder))
    }

    @Test("has nothing inside for a mirror")
    func hasNoChildren() {
        #expect(Mirror(reflecting: Secret("hunter2")).children.isEmpty)
    }

    @Test("opens by its one door")
    func opens() {
        #expect(Secret("hunter2").withRevealed { $0 } == "hunter2")
        #expect(Secret("hunter2").withRevealed(\.count) == 7)
    }

    @Test("compares by its text, so that a change of configuration is seen")
    func compares() {
        #expect(Secret("a") == Secret("a"))
        #expect(Secret("a") != Secret("b"))
        #expect(Secret("").isEmpty)
        #expect(!Secret("a").isEmpty)
    }
}
