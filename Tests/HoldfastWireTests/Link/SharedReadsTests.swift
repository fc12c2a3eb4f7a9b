import NIOCore
import Testing

@testable import HoldfastWire

@Suite("Memory that links read into together")
struct SharedReadsTests {
    private func read(_ text: String, with buffer: ReadBuffer) -> ByteBuffer {
        var memory = buffer.take()
        memory.writeString(text)
        buffer.giveBack(memory)
        return memory
    }

    private func place(of buffer: ByteBuffer) -> Int? {
        buffer.withUnsafeReadableBytes { $0.baseAddress.map { Int(bitPattern: $0) } }
    }

    @Test("the same memory is read into again when nobody keeps anything of it")
    func again() {
        let buffer = ReadBuffer()
        let first = place(of: read("one", with: buffer))
        let second = place(of: read("two", with: buffer))
        #expect(first == second)
    }

    @Test("what is kept stays as it is while others are read")
    func kept() {
        let buffer = ReadBuffer()
        let first = read("one", with: buffer)
        let second = read("two", with: buffer)
        #expect(String(buffer: first) == "one")
        #expect(String(buffer: second) == "two")
    }

    @Test("what is made one's own takes no more memory than its bytes, and what is one's own is not copied")
    func owned() {
        let buffer = ReadBuffer()
        let owned = ReadBuffer.owned(read("one", with: buffer))
        #expect(String(buffer: owned) == "one")
        #expect(owned.storageCapacity < 64)
        #expect(place(of: ReadBuffer.owned(owned)) == place(of: owned))
    }

    @Test("memory that is not shared is not taken in")
    func foreign() {
        let buffer = ReadBuffer()
        let foreign = ByteBuffer(string: "foreign")
        buffer.giveBack(foreign)
        #expect(buffer.take().storageCapacity == LinkOptions.readBytes)
    }
}
