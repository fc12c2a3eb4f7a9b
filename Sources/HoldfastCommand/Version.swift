/// Which Holdfast this is.
enum Version {
    /// As `holdfast --version` prints it (semver.org).
    static let current = "0.1.0"
}
