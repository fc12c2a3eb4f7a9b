import Testing

@testable import HoldfastCommand

@Suite("Durations, sizes and addresses are read as people write them")
struct UnitsTests {
    @Test(
        "a duration is a number and a unit",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("15s", .seconds(15)), ("2m", .seconds(120)),
            ("1h", .seconds(3_600)),
            ("0s", .zero),
        ])
    func durations(text: String, duration: Duration) throws {
        #expect(try Units.duration(text) == duration)
        #expect(Units.text(duration) == text)
    }

    @Test(
        "anything else is none",
        arguments: ["", "s", "1", "1 s", "1.5s", "+1s", "1S", "1d", "١s", "9223372036854775807h"])
    func noDurations(text: String) {
        #expect(throws: Units.Mistake.self) { try Units.duration(text) }
    }

    @Test(
        "a size is a number and a binary unit",
        arguments: [("1B", 1), ("512KiB", 512 << 10), ("1MiB", 1 << 20), ("3GiB", 3 << 30)])
    func sizes(text: String, bytes: Int) throws {
        #expect(try Units.sizeBytes(text) == bytes)
        #expect(Units.text(sizeBytes: bytes) == text)
    }

    @Test("anything else is none", arguments: ["", "1", "1KB", "1 MiB", "1.5MiB", "9223372036854775807GiB"])
    func noSizes(text: String) {
        #expect(throws: Units.Mistake.self) { try Units.sizeBytes(text) }
    }

    @Test(
        "an address to listen on is a host and a port",
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1", 8080, true), ("127.9.9.9:0", "127.9.9.9", 0, true),
            ("localhost:1", "localhost", 1, true), ("[::1]:65535", "::1", 65535, true),
            ("0.0.0.0:80", "0.0.0.0", 80, false), ("[::]:80", "::", 80, false), ("10.0.0.1:80", "10.0.0.1", 80, false),
            ("127.example.com:80", "127.example.com", 80, false),
        ])
    func addresses(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try #require(SocketAddressText(text))
        #expect(address == SocketAddressText(host: host, port: port))
        #expect(address.isLoopback == isLoopback)
        #expect(address.description == text)
    }

    @Test(
        "anything else is none",
        arguments: ["", "8080", ":8080", "h:", "h:65536", "h:-1", "::1:80", "[]:80", "[h]:80", "a b:80", "h/x:80"])
    func noAddresses(text: String) {
        #expect(SocketAddressText(text) == nil)
    }

    @Test(
        "the key that was meant is found",
        arguments: [
            ("intervall", "interval"), ("timeuot", "timeout"), ("mode_", "mode"), ("hartbeat", nil), ("x", nil),
        ])
    func nearestKey(written: String, meant: String?) {
        #expect(NearestKey.of(written, among: ["interval", "timeout", "mode", "max_misses"]) == meant)
    }
}
