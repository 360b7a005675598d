import TestSupport
import Testing

@testable import GitProvider

@Suite("Which files have other bytes than their blobs") struct ConvertedFilesTests {
  @Test("Those that attributes convert, and all text where the configuration says so", arguments: [false, true])
  func converted(everywhere: Bool) async throws {
    let home = try TemporaryDirectory()
    let repository = try GitFixture(at: home.path + "/repository")
    try repository.add("a/.gitattributes", "*.bat text eol=crlf\n")
    try repository.add("a/b/run.bat", "one\n")
    try repository.add("a/b/run.sh", "one\n")
    try repository.add("run.bat", "one\n")
    try repository.commit()
    if everywhere { try repository.git("config", "core.autocrlf", "true") }
    let source = try GitRepository(path: repository.path)
    let content = try GitContent(repository: source, revision: source.revision("HEAD"))
    let found = try await content.convertedFiles(below: content.root(), hasAttributesFiles: true)
    // A line feed more.
    #expect(found[Array("a/b/run.bat".utf8)] == 5)
    #expect((found[Array("run.bat".utf8)] == 5) == everywhere)
    #expect(try await content.convertedFiles(below: content.root(), hasAttributesFiles: false).isEmpty == !everywhere)
  }
}
