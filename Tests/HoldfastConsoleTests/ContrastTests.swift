import Foundation
import HummingbirdTesting
import Testing

@testable import HoldfastConsole

/// What can be read and told apart, computed as WCAG 2.2 has it (1.4.3 and 1.4.11, level AA).
@Suite("The page's colours")
struct ContrastTests {
    private static let texts = [
        ("text", "background"), ("text", "surface"), ("text", "raised"), ("muted", "background"), ("muted", "surface"),
        ("muted", "raised"), ("on-accent", "accent"), ("sharp", "surface"), ("surface", "text"), ("surface", "sharp"),
        ("background", "text"),
    ]
    private static let shapes = [
        "healthy", "degraded", "unhealthy", "failed", "quarantined", "disabled", "busy", "focus", "accent", "sharp",
    ]

    @Test("text has a contrast of 4.5 to what it stands on", arguments: Self.texts, [0, 1])
    func text(pair: (String, String), scheme: Int) async throws {
        let colours = try await Self.colours()
        let contrast = try #require(colours[pair.0]?[scheme]).contrast(to: try #require(colours[pair.1]?[scheme]))
        #expect(contrast >= 4.5, "\(pair) \(scheme == 0 ? "light" : "dark"): \(contrast)")
    }

    @Test("what a colour shows has a contrast of 3 to the surface", arguments: Self.shapes, [0, 1])
    func shape(name: String, scheme: Int) async throws {
        let colours = try await Self.colours()
        for ground in ["surface", "background"] {
            let contrast = try #require(colours[name]?[scheme]).contrast(to: try #require(colours[ground]?[scheme]))
            #expect(contrast >= 3, "\(name) on \(ground) \(scheme == 0 ? "light" : "dark"): \(contrast)")
        }
    }

    /// The colours of the style sheet, light and dark.
    private static func colours() async throws -> [String: [Colour]] {
        let text = try await ConsoleUnderTest().ask { client in
            String(
                buffer: try await client.executeRequest(
                    uri: "/page/style.css", method: .get, headers: [:], body: nil
                ).body)
        }
        var found: [String: [Colour]] = [:]
        for match in text.matches(of: /--([a-z-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\);/) {
            found[String(match.1)] = [Colour(String(match.2)), Colour(String(match.3))]
        }
        return found
    }

    private struct Colour {
        var luminance: Double

        init(_ digits: String) {
            let number = UInt32(digits, radix: 16) ?? 0
            func linear(_ shift: UInt32) -> Double {
                let value = Double(number >> shift & 0xFF) / 255
                return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
            }
            luminance = 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0)
        }

        func contrast(to other: Colour) -> Double {
            (max(luminance, other.luminance) + 0.05) / (min(luminance, other.luminance) + 0.05)
        }
    }
}
