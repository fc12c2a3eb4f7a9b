import Foundation

/// Paths inside the configuration are relative to the folder of the file they are written in.
enum Paths {
    static func resolve(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path
    }

    /// The folder part of a path; empty for a file in the working folder.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The content of a regular file that is not larger than the limit, or nil.
    static func smallFile(_ path: String, limitBytes: Int = 64 << 10) -> Data? {
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let size = attributes[.size] as? Int, size <= limitBytes
        else { return nil }
        return try? Data(contentsOf: URL(fileURLWithPath: resolved))
    }
}
