import Provider
import TestSupport
import Testing

@testable import Projection

@Suite("A name that is held back") struct HeldNameTests {
  private let tree = TreeProvider()

  @Test("Opening and reading it wait until the gate opens; looking at it and its namesakes do not")
  func waiting() async throws {
    tree.add("directory", .directory("directory"))
    tree.addFile("held", in: "directory", id: "below", text: "below")
    let fixture = try await Fixture(tree)
    try fixture.directory.write("state/local/held", "text")
    let gate = Gate()
    fixture.fileSystem.hold(Array("held".utf8), until: gate)
    let node = try await fixture.lookup("held").node
    let files = BackingFiles(registrar: FakeRegistrar())
    let opened = Task { try await fixture.fileSystem.open(node, with: files, by: Fixture.caller) }
    let read = Task { try await fixture.read(node) }
    #expect(try await fixture.read(fixture.lookup("directory/held").node) == "below")
    #expect(fixture.fileSystem.openCounts == (0, 0))
    gate.open()
    #expect(try await read.value == "text")
    #expect(try await opened.value.backing != nil)
    #expect(try await fixture.read(node) == "text")
  }

  @Test("Who is interrupted leaves at once; the others go on waiting")
  func interrupted() async throws {
    let gate = Gate()
    let waiting = (0..<10).map { _ in Task { try await gate.pass() } }
    for task in waiting.prefix(5) { task.cancel() }
    for task in waiting.prefix(5) { await #expect(throws: CancellationError.self) { try await task.value } }
    gate.open()
    for task in waiting.suffix(5) { try await task.value }
    try await gate.pass()
  }
}
