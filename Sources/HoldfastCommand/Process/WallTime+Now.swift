import Foundation
import HoldfastCore

extension WallTime {
    /// The time by the machine's clock.
    static var now: WallTime { WallTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
