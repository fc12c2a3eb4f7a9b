import HoldfastWire
import NIOCore
import Testing

@Suite("MessagePack as JSON")
struct MessagePackTests {
    @Test(
        "each kind of value",
        arguments: [
            ([0x00], "0"), ([0x7F], "127"), ([0xFF], "-1"), ([0xE0], "-32"), ([0xCC, 0xFF], "255"),
            ([0xCD, 1, 0], "256"), ([0xCE, 0xFF, 0xFF, 0xFF, 0xFF], "4294967295"),
            ([0xCF] + Array(repeating: 0xFF, count: 8), "18446744073709551615"), ([0xD0, 0x80], "-128"),
            ([0xD1, 0x80, 0], "-32768"), ([0xD2, 0x80, 0, 0, 0], "-2147483648"),
            ([0xD3, 0x80, 0, 0, 0, 0, 0, 0, 0], "-9223372036854775808"), ([0xC0], "null"), ([0xC2], "false"),
            ([0xC3], "true"), ([0xCA, 0x3F, 0x80, 0, 0], "1.0"), ([0xCB, 0x7F, 0xF0, 0, 0, 0, 0, 0, 0], "null"),
            ([0xA2, 0x22, 0x0A], #""\"\n""#), ([0xD9, 1, 0x61], #""a""#), ([0xDA, 0, 1, 0x61], #""a""#),
            ([0xDB, 0, 0, 0, 1, 0x61], #""a""#), ([0xA1, 0xFF], "\"\u{FFFD}\""), ([0xC4, 2, 0xFF, 0], #""/wA=""#),
            ([0xC5, 0, 1, 9], #""CQ==""#), ([0xC6, 0, 0, 0, 3, 1, 2, 3], #""AQID""#),
            ([0xD4, 5, 0x2A], #"{"type":5,"data":"Kg=="}"#), ([0xC7, 0, 0xFE], #"{"type":-2,"data":""}"#),
            ([0x93, 1, 0x90, 0x80], "[1,[],{}]"), ([0xDC, 0, 1, 0], "[0]"), ([0xDE, 0, 1, 10, 1], #"{"10":1}"#),
            ([0x84, 1, 0, 0xFF, 0, 0xCD, 1, 0, 0, 0xA1, 0x61, 0], #"{"1":0,"-1":0,"256":0,"a":0}"#),
        ] as [([UInt8], String)])
    func values(bytes: [UInt8], json: String) throws {
        #expect(String(buffer: try MessagePack.json(of: ByteBuffer(bytes: bytes))) == json)
    }

    @Test(
        "what is none is refused with a reason",
        arguments: [
            ([], .endsEarly), ([0xC1], .badType), ([0, 0], .trailingBytes), ([0xA2, 0x61], .endsEarly),
            ([0xDD, 0xFF, 0xFF, 0xFF, 0xFF, 0], .endsEarly), ([0xDB, 0xFF, 0xFF, 0xFF, 0xFF, 0x61], .endsEarly),
            ([0x81, 0x90, 0], .badKey), (Array(repeating: 0x91, count: 33) + [0], .tooDeep), ([0xCF, 1], .endsEarly),
        ] as [([UInt8], MessagePackError)])
    func refused(bytes: [UInt8], error: MessagePackError) {
        #expect(throws: error) { try MessagePack.json(of: ByteBuffer(bytes: bytes)) }
    }

    @Test("what would become too much JSON is refused")
    func tooLarge() {
        var bytes: [UInt8] = [0xDD, 0, 0, 0, 3]
        for _ in 0..<3 { bytes += [0xDB, 0, 0x50, 0, 0] + Array(repeating: UInt8(ascii: "a"), count: 0x50_0000) }
        #expect(throws: MessagePackError.tooLarge) { try MessagePack.json(of: ByteBuffer(bytes: bytes)) }
    }
}
