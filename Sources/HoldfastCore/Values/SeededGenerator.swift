/// The one source of chance in Core: SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014). The same seed gives the same run, which is what lets a failing simulation be repeated. Not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension RandomNumberGenerator {
    /// A duration drawn evenly from `shortest` … `longest`; `shortest` if the range is empty.
    public mutating func duration(from shortest: Duration, to longest: Duration) -> Duration {
        let low = shortest.wholeNanoseconds
        let high = longest.wholeNanoseconds
        guard low < high else { return shortest }
        return .nanoseconds(Int64.random(in: low...high, using: &self))
    }
}
