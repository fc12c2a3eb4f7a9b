import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

/// What a decoder made of a stream: the values it found, and how it ended.
struct Decoded<Value: Equatable>: Equatable {
    var values: [Value] = []
    var violation: ProtocolViolation?
}

/// Feeds a decoder the same bytes whole, one by one, and cut at random, and demands the same result each time. Of a long
/// stream the bytes at its two ends go one by one.
///
/// - Parameters:
///   - makeNext: makes a fresh decoder and returns its `next`.
///   - seed: of the random cuts.
/// - Returns: the result that all agree on.
func decodeWithAllCuts<Value: Equatable>(
    _ bytes: [UInt8],
    seed: UInt64 = 1,
    sourceLocation: SourceLocation = #_sourceLocation,
    makeNext: () -> (inout ByteBuffer) throws(ProtocolViolation) -> Value?
) -> Decoded<Value> {
    func run(_ cuts: [Int]) -> Decoded<Value> {
        let next = makeNext()
        var result = Decoded<Value>()
        var start = 0
        for end in cuts + [bytes.count] {
            var input = ByteBuffer(bytes: bytes[start..<end])
            start = end
            do {
                while let value = try next(&input) { result.values.append(value) }
                #expect(
                    input.readableBytes == 0, "a decoder that wants more has used all", sourceLocation: sourceLocation)
            } catch {
                result.violation = error
                return result
            }
        }
        return result
    }

    let whole = run([])
    let single =
        bytes.count <= 2_000 ? Array(bytes.indices) : Array(0..<1_000) + Array(bytes.count - 1_000..<bytes.count)
    #expect(run(single) == whole, "byte by byte", sourceLocation: sourceLocation)
    var generator = SeededGenerator(seed: seed)
    for round in 0..<8 where bytes.count > 1 {
        let cuts = (0..<min(5, bytes.count)).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
        #expect(run(cuts) == whole, "cut at \(cuts) in round \(round)", sourceLocation: sourceLocation)
    }
    return whole
}

/// All events of a stream, by a `MessageAssembler`.
func events(
    _ bytes: [UInt8],
    role: WebSocketRole = .client,
    frameLimitBytes: Int = 1 << 20,
    messageLimitBytes: Int = 4 << 20,
    deflate: DeflateAgreement? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) -> Decoded<WebSocketEvent> {
    decodeWithAllCuts(bytes, sourceLocation: sourceLocation) {
        var assembler = MessageAssembler(
            role: role, frameLimitBytes: frameLimitBytes, messageLimitBytes: messageLimitBytes)
        assembler.use(deflate.map { Inflation($0, role: role) })
        return { (input) throws(ProtocolViolation) in try assembler.next(from: &input) }
    }
}

/// A frame as bytes, without any rule: what a wrong peer could send.
func frame(_ first: UInt8, _ payload: [UInt8] = [], maskKey: UInt32? = nil) -> [UInt8] {
    let maskBit: UInt8 = maskKey == nil ? 0 : 0x80
    var bytes = [first]
    switch payload.count {
    case ...125: bytes.append(maskBit | UInt8(payload.count))
    case ...65_535: bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: bytes += [maskBit | 127] + (0..<8).map { UInt8(payload.count >> (56 - $0 * 8) & 255) }
    }
    guard let maskKey else { return bytes + payload }
    let key = (0..<4).map { UInt8(maskKey >> (24 - $0 * 8) & 255) }
    return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
}

extension ByteBuffer {
    var bytes: [UInt8] { Array(readableBytesView) }
}
