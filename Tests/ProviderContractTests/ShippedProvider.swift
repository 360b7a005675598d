import ArchiveProvider
import DirectoryProvider
import ExecProvider
import GitProvider
import Glibc
import HTTPProvider
import Logging
import Posix
import Provider
import TestSupport

/// The providers that ship, each made from the same tree.
enum ShippedProvider: String, CaseIterable, Sendable {
  case archive, directory, exec, git, http

  /// A provider, and what its source lies in.
  struct Made: Sendable {
    let provider: any ContentProvider
    /// The tree as an ordinary directory.
    let original: String
    // Gone with the last of it.
    let home: TemporaryDirectory
    var server: WebServer?
  }

  /// Makes a source that has `tree`, and a provider of it.
  func make(_ tree: SampleTree) async throws -> Made {
    let home = try TemporaryDirectory()
    let original = try home.makeDirectory("original")
    try tree.write(to: original)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let provider: any ContentProvider
    var server: WebServer?
    switch self {
    case .archive:
      let archive = home.path + "/archive.tar.gz"
      let outcome = try Subprocess.run(["tar", "-C", original, "-czf", archive, "."])
      guard outcome.exitCode == 0 else { throw ProviderError.unavailable(outcome.errors) }
      provider = try ArchiveContent(path: archive, logger: logger)
    case .directory: provider = try DirectoryContent(path: original, logger: logger)
    case .exec:
      let here = #filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)
      provider = try await ExecContent(
        command: "\(here)/Programs/directory-program", source: original, logger: logger
      ).provider
    case .git:
      let fixture = try GitFixture(at: home.path + "/repository")
      try fixture.git("--work-tree", original, "add", "-A")
      try fixture.commit()
      let repository = try GitRepository(path: fixture.path)
      provider = try GitContent(repository: repository, revision: repository.revision("HEAD"))
    case .http:
      let manifest = home.path + "/manifest.json"
      try WebServer.makeManifest(of: original, at: manifest, ["--base", "original/", "--chunk-size", "65536"])
      let running = try WebServer(serving: home.path)
      server = running
      provider = try await HTTPContent(source: running.url("manifest.json"), logger: logger).provider
    }
    return Made(provider: provider, original: original, home: home, server: server)
  }
}
