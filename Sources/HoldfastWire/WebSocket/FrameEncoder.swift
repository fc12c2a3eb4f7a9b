package import NIOCore

/// Writes frames (RFC 6455 §5.2). A client passes a fresh, unpredictable mask key for each frame; a server passes none.
package enum FrameEncoder {
    /// Appends one frame to `output`, its length in the shortest form.
    ///
    /// - Parameter isCompressed: the frame begins a message that is compressed (RFC 7692 §6).
    package static func encode(
        _ payload: ByteBuffer,
        opcode: Opcode,
        isFinal: Bool = true,
        isCompressed: Bool = false,
        maskKey: MaskKey?,
        into output: inout ByteBuffer
    ) {
        payload.withUnsafeReadableBytes { source in
            let room = source.count &+ FrameHeader.limitBytes
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
                // `target` has room for the longest head and the payload, and no more than that is written.
                let head = writeHead(
                    (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue, lengthBytes: source.count,
                    maskKey: maskKey, to: target)
                let body = UnsafeMutableRawBufferPointer(rebasing: target[head...])
                if let maskKey { maskKey.copy(source, to: body) } else { body.copyMemory(from: source) }
                return head &+ source.count
            }
        }
    }

    /// The head of a masked frame with 125 bytes of payload at most.
    static let shortHeadBytes = 6

    /// Leaves room for the head of a short frame; its payload is to be written next, and then `endShort` called.
    static func beginShort(in output: inout ByteBuffer) {
        output.reserveCapacity(minimumWritableBytes: shortHeadBytes + FrameHeader.controlLimitBytes)
        output.moveWriterIndex(forwardBy: shortHeadBytes)
    }

    /// Makes a masked frame of all that was written since `start`, where `beginShort` was called. False, and nothing is done, if
    /// that is too long for a short one.
    static func endShort(at start: Int, opcode: Opcode, maskKey: MaskKey, in output: inout ByteBuffer) -> Bool {
        let length = output.writerIndex - start - shortHeadBytes
        guard (0...FrameHeader.controlLimitBytes).contains(length), start >= output.readerIndex else { return false }
        let offset = start - output.readerIndex
        output.withUnsafeMutableReadableBytes { bytes in
            // The frame is the last of the readable bytes: from `offset` on, head and payload.
            let frame = UnsafeMutableRawBufferPointer(rebasing: bytes[offset...])
            let head = writeHead(0x80 | opcode.rawValue, lengthBytes: length, maskKey: maskKey, to: frame)
            let payload = UnsafeMutableRawBufferPointer(rebasing: frame[head...])
            maskKey.copy(UnsafeRawBufferPointer(payload), to: payload)
        }
        return true
    }

    /// Returns how many bytes it has: 14 at most.
    private static func writeHead(
        _ first: UInt8, lengthBytes length: Int, maskKey: MaskKey?, to target: UnsafeMutableRawBufferPointer
    ) -> Int {
        let maskBit: UInt8 = maskKey == nil ? 0 : 0x80
        var count = 2
        target[0] = first
        if length <= 125 {
            target[1] = maskBit | UInt8(truncatingIfNeeded: length)
        } else if length <= 65_535 {
            target[1] = maskBit | 126
            target.storeBytes(of: UInt16(truncatingIfNeeded: length).bigEndian, toByteOffset: 2, as: UInt16.self)
            count = 4
        } else {
            target[1] = maskBit | 127
            target.storeBytes(of: UInt64(truncatingIfNeeded: length).bigEndian, toByteOffset: 2, as: UInt64.self)
            count = 10
        }
        guard let maskKey else { return count }
        target.storeBytes(of: maskKey.word.bigEndian, toByteOffset: count, as: UInt32.self)
        return count + 4
    }
}
