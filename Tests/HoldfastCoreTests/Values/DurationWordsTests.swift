import HoldfastCore
import Testing

@Suite("Durations in words")
struct DurationWordsTests {
    @Test(
        "are said as people say them, in two units at most",
        arguments: [
            (Duration.seconds(5_400), "1 h 30 min"), (.seconds(45), "45 s"), (.milliseconds(250), "250 ms"),
            (.zero, "0 s"), (.seconds(-3), "0 s"), (.seconds(86_400), "1 d"), (.seconds(90_061), "1 d 1 h"),
            (.milliseconds(1_999), "1 s"), (.seconds(3_605), "1 h"),
        ])
    func words(duration: Duration, words: String) {
        #expect(duration.inWords == words)
    }
}
