import Foundation
import HoldfastCore
import HoldfastStore
import Testing

@Suite("Sealing a secret")
struct SealingTests {
    private func ring(former: [SealingKey] = []) throws -> KeyRing {
        KeyRing(current: try SealingKey(base64: SealingKey.generate()), former: former)
    }

    @Test("opens to what was sealed, and shows nothing of it")
    func roundTrip() throws {
        let ring = try ring()
        let sealed = try ring.seal(Secret("hunter2-token"), account: "shop-1", kind: .token)
        #expect(try ring.open(sealed, account: "shop-1", kind: .token) == Secret("hunter2-token"))
        #expect(!String(decoding: sealed.bytes, as: UTF8.self).contains("hunter2"))
        #expect(sealed.keyID == ring.current.id)
    }

    @Test("never gives the same bytes twice")
    func fresh() throws {
        let ring = try ring()
        let one = try ring.seal(Secret("same"), account: "a", kind: .token)
        let two = try ring.seal(Secret("same"), account: "a", kind: .token)
        #expect(one.bytes != two.bytes)
    }

    @Test("a record put in the place of another does not open")
    func swapped() throws {
        let ring = try ring()
        let sealed = try ring.seal(Secret("x"), account: "a", kind: .token)
        #expect(throws: SealingError.tampered(account: "b", kind: .token)) {
            try ring.open(sealed, account: "b", kind: .token)
        }
        #expect(throws: SealingError.tampered(account: "a", kind: .password)) {
            try ring.open(sealed, account: "a", kind: .password)
        }
    }

    @Test("any changed byte is found out")
    func tampered() throws {
        let ring = try ring()
        let sealed = try ring.seal(Secret("x"), account: "a", kind: .token)
        for index in sealed.bytes.indices {
            var broken = sealed
            broken.bytes[index] ^= 1
            #expect(throws: SealingError.self) { try ring.open(broken, account: "a", kind: .token) }
        }
        #expect(throws: SealingError.self) {
            try ring.open(SealedSecret(keyID: ring.current.id, bytes: Data()), account: "a", kind: .token)
        }
    }

    @Test("another key is told apart from damage, with both names")
    func otherKey() throws {
        let first = try ring()
        let second = try ring()
        let sealed = try first.seal(Secret("x"), account: "a", kind: .token)
        #expect(throws: SealingError.otherKey(needed: first.current.id, given: second.current.id)) {
            try second.open(sealed, account: "a", kind: .token)
        }
        let both = KeyRing(current: second.current, former: [first.current])
        #expect(try both.open(sealed, account: "a", kind: .token) == Secret("x"))
    }

    @Test("what is no key is refused", arguments: ["", "abc", "%%%%", "AAAA", String(repeating: "A", count: 200)])
    func noKey(text: String) {
        #expect(throws: SealingError.unusableKey) { try SealingKey(base64: Secret(text)) }
    }

    @Test("a key is read from a file, with the line end an editor leaves")
    func keyFile() throws {
        let folder = try Folder()
        let key = SealingKey.generate()
        try key.withRevealed { try Data("\($0)\n".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/key")) }
        #expect(try SealingKey(file: "\(folder.path)/key").id == SealingKey(base64: key).id)
        #expect(throws: SealingError.unreadableKeyFile(path: "\(folder.path)/none")) {
            try SealingKey(file: "\(folder.path)/none")
        }
    }

    @Test("a fingerprint tells a change and nothing else")
    func fingerprint() throws {
        let ring = try ring()
        #expect(ring.fingerprint(of: Secret("a")) == ring.fingerprint(of: Secret("a")))
        #expect(ring.fingerprint(of: Secret("a")) != ring.fingerprint(of: Secret("b")))
        #expect(try ring.fingerprint(of: Secret("a")) != self.ring().fingerprint(of: Secret("a")))
    }
}
