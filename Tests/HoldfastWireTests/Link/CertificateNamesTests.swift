import Testing

@testable import HoldfastWire

@Suite("What a certificate is for")
struct CertificateNamesTests {
    @Test(
        "names are matched label by label",
        arguments: [
            ("a.test", "a.test", true), ("A.Test", "a.tEST", true), ("a.test.", "a.test", true),
            ("a.test", "a.test.", true), ("localhost", "localhost", true), ("a_b.test", "a_b.test", true),
            ("*.a.test", "b.a.test", true), ("*.a.test", "B.A.test", true), ("xn--a.b.test", "xn--a.b.test", true),
            ("a.test", "b.test", false), ("a.test", "b.a.test", false), ("b.a.test", "a.test", false),
            ("a.test", "a.testa", false), ("*.a.test", "a.test", false), ("*.a.test", "c.b.a.test", false),
            ("*.test", "a.test", false), ("*", "localhost", false), ("a*.b.test", "ab.b.test", false),
            ("b.*.test", "b.a.test", false), ("*.*.test", "b.a.test", false), ("a.test\u{0}", "a.test", false),
            ("a.test\u{0}.b.test", "a.test", false), ("", "a.test", false), (".a.test", "b.a.test", false),
            (".", "a", false), ("127.0.0.1", "127.0.0.1", false), ("*.0.0.1", "127.0.0.1", false),
        ] as [(String, String, Bool)])
    func names(certified: String, host: String, isMatch: Bool) {
        #expect(CertificateNames(names: ["other.test", certified], addresses: []).match(host) == isMatch)
    }

    @Test(
        "an address is matched by its bytes",
        arguments: [
            ([127, 0, 0, 1], "127.0.0.1", true), ([127, 0, 0, 2], "127.0.0.1", false),
            (Array(repeating: 0, count: 15) + [1], "::1", true), (Array(repeating: 0, count: 15) + [1], "0:0::1", true),
            (Array(repeating: 0, count: 15) + [2], "::1", false), ([0, 0, 0, 1], "::1", false),
            ([], "127.0.0.1", false),
            ([127, 0, 0, 1], "localhost", false), (Array("a.test".utf8), "a.test", false),
        ] as [([UInt8], String, Bool)])
    func addresses(certified: [UInt8], host: String, isMatch: Bool) {
        #expect(CertificateNames(names: [], addresses: [certified]).match(host) == isMatch)
    }
}
