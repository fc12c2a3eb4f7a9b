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
        let length = payload.readableBytes
        let maskBit: UInt8 = maskKey == nil ? 0 : 0x80
        output.reserveCapacity(minimumWritableBytes: length &+ FrameHeader.limitBytes)
        output.writeInteger((isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue)
        if length <= 125 {
            output.writeInteger(maskBit | UInt8(truncatingIfNeeded: length))
        } else if length <= 65_535 {
            output.writeInteger(maskBit | 126)
            output.writeInteger(UInt16(truncatingIfNeeded: length))
        } else {
            output.writeInteger(maskBit | 127)
            output.writeInteger(UInt64(length))
        }
        if let maskKey {
            output.writeInteger(maskKey.word)
            output.writeMasked(payload, key: maskKey)
        } else {
            output.writeImmutableBuffer(payload)
        }
    }
}
