import HoldfastCore
import Testing

@testable import HoldfastWire

@Suite("UTF-8 as it streams in")
struct UTF8ValidatorTests {
    /// Feeds the bytes one by one; returns how many were accepted, and whether the stream may end there.
    private func run(_ bytes: [UInt8]) -> (accepted: Int, isComplete: Bool) {
        var validator = UTF8Validator()
        for (index, byte) in bytes.enumerated() {
            guard [byte].withUnsafeBytes({ validator.accept($0) }) else { return (index, false) }
        }
        return (bytes.count, validator.isComplete)
    }

    private func isValidAtOnce(_ bytes: [UInt8]) -> Bool {
        var validator = UTF8Validator()
        return bytes.withUnsafeBytes { validator.accept($0) } && validator.isComplete
    }

    @Test("every character is accepted")
    func everyScalar() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(String(scalar).utf8)
            guard isValidAtOnce(bytes) else {
                Issue.record("U+\(String(value, radix: 16)) was refused")
                return
            }
        }
    }

    @Test("all pairs and triples of interesting bytes are judged as the standard library does")
    func sameAsStandardLibrary() {
        let bytes: [UInt8] = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
            0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for first in bytes {
            for second in bytes {
                for third in bytes {
                    for fourth in [[], [0x80], [0xBF], [0x41]] as [[UInt8]] {
                        let text = [first, second, third] + fourth
                        let isValid = String(validating: text, as: UTF8.self) != nil
                        #expect(isValidAtOnce(text) == isValid, "\(text)")
                        #expect(run(text).isComplete == isValid, "\(text)")
                    }
                }
            }
        }
    }

    @Test(
        "the first wrong byte is found at once",
        arguments: [
            ([0x61, 0x80], 1), ([0xC0], 0), ([0xC1], 0), ([0xE0, 0x9F], 1), ([0xED, 0xA0], 1), ([0xF0, 0x8F], 1),
            ([0xF4, 0x90], 1), ([0xF5], 0), ([0xE4, 0xBD, 0x61], 2), ([0xC3, 0xC3], 1),
        ] as [([UInt8], Int)])
    func firstWrongByte(bytes: [UInt8], index: Int) {
        #expect(run(bytes).accepted == index)
    }

    @Test("a wrong byte behind a long run of ASCII is found", arguments: 0...17)
    func behindASCII(count: Int) {
        let ascii = Array(repeating: UInt8(0x41), count: count)
        #expect(isValidAtOnce(ascii))
        #expect(!isValidAtOnce(ascii + [0xFF]))
        #expect(!isValidAtOnce(ascii + [0xFF] + ascii))
        #expect(isValidAtOnce(ascii + Array("é".utf8) + ascii))
    }
}
