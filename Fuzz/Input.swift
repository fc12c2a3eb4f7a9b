import HoldfastCore
import NIOCore

/// What libFuzzer made up. Its first byte decides where a stream is cut, so that the fuzzer finds the bad cuts, too.
struct Input {
    let bytes: [UInt8]
    private let seed: UInt64

    init(_ start: UnsafePointer<UInt8>?, _ count: Int) {
        let all = Array(UnsafeBufferPointer(start: start, count: count))
        seed = UInt64(all.first ?? 0)
        bytes = Array(all.dropFirst())
    }

    var whole: [ByteBuffer] { [ByteBuffer(bytes: bytes)] }

    /// The same bytes in pieces of 1 to 16.
    var pieces: [ByteBuffer] {
        var generator = SeededGenerator(seed: seed)
        var rest = bytes[...]
        var pieces: [ByteBuffer] = []
        while !rest.isEmpty {
            let count = Int.random(in: 1...16, using: &generator)
            pieces.append(ByteBuffer(bytes: rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}

/// Ends the process, for libFuzzer to keep the input that broke the promise.
func demand(_ promise: Bool, _ text: String) {
    // tidy: this is how a fuzzer is told
    if !promise { fatalError("broken: \(text)") }
}
