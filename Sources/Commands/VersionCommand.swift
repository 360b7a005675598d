internal import ArgumentParser

/// `projfs version`.
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Print the version.",
    discussion: """
      Example:
        projfs version
      """)

  func run() {
    print("projfs \(projfsVersion)")
  }
}
