internal import ExecProvider
internal import Posix
internal import Provider
internal import TestSupport
internal import Testing

/// The example of the documentation, as it stands there.
@Suite("Example of an exec provider")
struct ExampleTests {
  @Test("A database is a directory for each table and a file for each row, and its changes are seen")
  func database() async throws {
    let directory = try TemporaryDirectory()
    let database = "\(directory.path)/a ?#.db"
    try query(
      database,
      "CREATE TABLE people (name TEXT, photo BLOB); CREATE TABLE 'odd/name' (x);"
        + "INSERT INTO people VALUES ('Ada', x'00ff'), ('Grace', NULL)")
    let content = try await ExecContent(command: Programs.example, source: database, logger: LogLines().logger)
    let root = try await content.list(try await content.root()).sorted()
    #expect((0..<root.count).map { String(decoding: root.name(at: $0), as: UTF8.self) } == ["odd%2Fname", "people"])
    #expect(try await content.list(root.directory(at: 0)).isEmpty)
    let people = try await content.list(root.directory(at: 1)).sorted()
    #expect((0..<people.count).map { String(decoding: people.name(at: $0), as: UTF8.self) } == ["1.json", "2.json"])
    let ada = try await text(of: people.content(at: 0), from: content)
    #expect(ada == "{\n  \"rowid\": 1,\n  \"name\": \"Ada\",\n  \"photo\": \"00ff\"\n}\n")
    #expect(people.size(at: 0) == Int64(ada.utf8.count))

    var changes = content.changes().makeAsyncIterator()
    try query(database, "UPDATE people SET name = 'Augusta' WHERE name = 'Ada'")
    #expect(await changes.next() == .everything)
    await #expect(throws: ProviderError.self) { try await text(of: people.content(at: 0), from: content) }
    let after = try await content.list(root.directory(at: 1)).sorted()
    #expect(try await text(of: after.content(at: 0), from: content).contains("Augusta"))
    #expect(after.content(at: 1) == people.content(at: 1))
    await content.end()
  }

  @Test("A file that is no database is refused, in words")
  func noDatabase() async throws {
    let directory = try TemporaryDirectory()
    for path in ["\(directory.path)/missing.db", try directory.write("text.db", String(repeating: "text", count: 500))]
    {
      do throws(ExecError) {
        let content = try await ExecContent(command: Programs.example, source: path, logger: LogLines().logger)
        await content.end()
        Issue.record("\(path) was taken for a database")
      } catch {
        guard case .refused(.missing(let why)) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(why.contains(path))
      }
    }
  }

  private func query(_ database: String, _ statements: String) throws {
    let outcome = try Subprocess.run(
      [
        "python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])", database,
        statements,
      ])
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
  }
}
