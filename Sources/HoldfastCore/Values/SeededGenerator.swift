/// The one source of chance in Core: SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014). The same seed gives the same run, which is what lets a failing simulation be repeated. Not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
    @usableFromInline
    var state: UInt64

    @inlinable
    public init(seed: UInt64) {
        state = seed
    }

    @inlinable
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
    @inlinable
    public mutating func duration(from shortest: Duration, to longest: Duration) -> Duration {
        let low = shortest.wholeNanoseconds
        let high = longest.wholeNanoseconds
        guard low < high else { return shortest }
        let count = UInt64(bitPattern: high &- low) &+ 1
        return .nanoseconds(low &+ Int64(truncatingIfNeeded: count == 0 ? next() : number(below: count)))
    }

    /// A number drawn evenly from 0 ..< `bound`, which is not zero (Lemire: "Fast Random Integer Generation in an Interval",
    /// 2019). The standard library does the same, but not inlined, which costs ten times as much.
    @inlinable
    mutating func number(below bound: UInt64) -> UInt64 {
        var product = bound.multipliedFullWidth(by: next())
        if product.low < bound {
            let unfair = (0 &- bound) % bound
            while product.low < unfair { product = bound.multipliedFullWidth(by: next()) }
        }
        return product.high
    }
}
