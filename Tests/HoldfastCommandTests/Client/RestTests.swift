import Testing

@testable import HoldfastCommand

@Suite("Commands that ask too often")
struct RestTests {
    @Test(
        "wait as long as they are told, within reason",
        arguments: [
            (nil, 1), ("7", 7), ("0", 1), ("-5", 1), ("3600", 60), ("soon", 1), ("99999999999999999999", 1),
        ] as [(String?, Int)])
    func rest(retryAfter: String?, seconds: Int) {
        #expect(HoldfastClient.rest(retryAfter) == .seconds(seconds))
    }
}
