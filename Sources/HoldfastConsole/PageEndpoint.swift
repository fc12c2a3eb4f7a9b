import Crypto
import HTTPTypes
import Hummingbird
import NIOCore

/// Serves the page: a few files that are part of the binary. They hold no data, so anybody may load them; what they show
/// they ask the API for.
struct PageEndpoint: Sendable {
    private struct File: Sendable {
        var type: String
        var body: ByteBuffer
        /// Changes with the content, so that a browser loads only what is new.
        var tag: String

        init(_ type: String, _ bytes: [UInt8]) {
            self.type = type
            body = ByteBuffer(bytes: bytes)
            let digest = SHA256.hash(data: bytes).prefix(8).map { String($0, radix: 16) }.joined()
            tag = "\"\(digest)\""
        }
    }

    private let referenceFile = File("application/json", PackageResources.openapi_json)
    private let indexFile = File("text/html; charset=utf-8", PackageResources.index_html)
    private let files: [String: File] = Self.load()

    @Sendable func index(_ call: Call) async throws -> Response {
        answer(indexFile, to: call)
    }

    /// The API as an OpenAPI document.
    @Sendable func reference(_ call: Call) async throws -> Response {
        answer(referenceFile, to: call)
    }

    @Sendable func file(_ call: Call) async throws -> Response {
        guard let file = files[call.variable("file")] else { throw Problem.notFound() }
        return answer(file, to: call)
    }

    private func answer(_ file: File, to call: Call) -> Response {
        let headers: HTTPFields = [.contentType: file.type, .cacheControl: "no-cache", .eTag: file.tag]
        if call.request.headers[.ifNoneMatch] == file.tag {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.body))
    }

    private static func load() -> [String: File] {
        let scripts = [
            "account-curves.js": PackageResources.account_curves_js,
            "account.js": PackageResources.account_js,
            "active-alerts.js": PackageResources.active_alerts_js,
            "alert-texts.js": PackageResources.alert_texts_js,
            "alerts.js": PackageResources.alerts_js,
            "api.js": PackageResources.api_js,
            "ask.js": PackageResources.ask_js,
            "audit.js": PackageResources.audit_js,
            "chart.js": PackageResources.chart_js,
            "dom.js": PackageResources.dom_js,
            "failure-texts.js": PackageResources.failure_texts_js,
            "failures-zh.js": PackageResources.failures_zh_js,
            "fleet.js": PackageResources.fleet_js,
            "history.js": PackageResources.history_js,
            "keys.js": PackageResources.keys_js,
            "language.js": PackageResources.language_js,
            "letters.js": PackageResources.letters_js,
            "main.js": PackageResources.main_js,
            "map.js": PackageResources.map_js,
            "model.js": PackageResources.model_js,
            "pager.js": PackageResources.pager_js,
            "pauses.js": PackageResources.pauses_js,
            "role.js": PackageResources.role_js,
            "router.js": PackageResources.router_js,
            "samples.js": PackageResources.samples_js,
            "search.js": PackageResources.search_js,
            "settings.js": PackageResources.settings_js,
            "stream.js": PackageResources.stream_js,
            "texts-en.js": PackageResources.texts_en_js,
            "texts-zh.js": PackageResources.texts_zh_js,
            "theme.js": PackageResources.theme_js,
            "wave.js": PackageResources.wave_js,
            "worst.js": PackageResources.worst_js,
        ]
        let styles = [
            "account.css": PackageResources.account_css,
            "fleet.css": PackageResources.fleet_css,
            "shell.css": PackageResources.shell_css,
            "style.css": PackageResources.style_css,
        ]
        var files = scripts.mapValues { File("text/javascript; charset=utf-8", $0) }
        files.merge(styles.mapValues { File("text/css; charset=utf-8", $0) }) { first, _ in first }
        files["mark.svg"] = File("image/svg+xml", PackageResources.mark_svg)
        return files
    }
}
