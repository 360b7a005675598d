import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@testable import Projection

@Suite struct BackingFilesTests {
  private let registrar = FakeRegistrar()
  private let files: BackingFiles
  private let node = NodeID(rawValue: 2)

  init() {
    files = BackingFiles(registrar: registrar)
  }

  private func open(_ node: NodeID) throws -> BackingFiles.Outcome {
    let outcome = files.open(node, from: .store)
    guard outcome == .undecided else { return outcome }
    return files.open(node, backedBy: try FileCalls.open("/dev/null", O_RDONLY), from: .store)
  }

  @Test("A node that nobody opened is not decided, and the first open registers its file")
  func first() throws {
    #expect(files.open(node, from: .store) == .undecided)
    #expect(files.active == 0)
    guard case .opened(.passthrough(let id)) = try open(node) else {
      Issue.record("the kernel takes the file, and it is not served by it")
      return
    }
    #expect(registrar.registered == [id])
    #expect(files.open(node, from: .store) == .opened(.passthrough(id)))
    #expect(files.active == 1)
  }

  @Test("A backing file is kept while nobody has the node open, and goes when it is forgotten")
  func keeping() throws {
    let mode = try open(node)
    files.release(node)
    #expect(files.active == 1)
    #expect(try open(node) == mode)
    #expect(registrar.registrations == 1)
    files.release(node)
    files.forget(node)
    #expect(registrar.registered.isEmpty)
    #expect(files.active == 0)
    #expect(files.open(node, from: .store) == .undecided)
  }

  @Test("Opens that race for one node end with one backing file, and the others are let go")
  func racing() async throws {
    let nodes = (2..<20).map { NodeID(rawValue: $0) }
    let modes = try await withThrowingTaskGroup(of: (NodeID, BackingFiles.Outcome).self) { group in
      for _ in 0..<8 {
        for node in nodes {
          group.addTask { [files] in
            // As if each had found nothing decided before it had its file.
            (node, files.open(node, backedBy: try FileCalls.open("/dev/null", O_RDONLY), from: .store))
          }
        }
      }
      return try await group.reduce(into: [NodeID: [BackingFiles.Outcome]]()) { $0[$1.0, default: []].append($1.1) }
    }
    for node in nodes { #expect(Set((modes[node] ?? []).map { "\($0)" }).count == 1) }
    #expect(registrar.registered.count == nodes.count)
    #expect(files.active == nodes.count)
    for node in nodes {
      for _ in 0..<8 { files.release(node) }
      files.forget(node)
    }
    #expect(registrar.registered.isEmpty)
  }

  @Test("Whoever registers a file and finds that others were quicker takes theirs, and lets the own one go")
  func outrun() throws {
    let file = try FileCalls.open("/dev/null", O_RDONLY)
    let other = OpenFile(dup(file.rawValue))
    registrar.interrupt { [files, node] in
      let quicker = files.open(node, backedBy: OwnedDescriptor(rawValue: dup(other.rawValue)), from: .store)
      #expect(quicker == .opened(.passthrough(BackingID(rawValue: 1))))
    }
    #expect(files.open(node, backedBy: file, from: .store) == .opened(.passthrough(BackingID(rawValue: 1))))
    #expect(registrar.registrations == 2)
    #expect(registrar.registered == [BackingID(rawValue: 1)])
  }

  @Test("Whoever finds that others were quicker with the other branch has a conflict, and lets the own file go")
  func outrunByTheOtherBranch() throws {
    let file = try FileCalls.open("/dev/null", O_RDONLY)
    let other = OpenFile(dup(file.rawValue))
    registrar.interrupt { [files, node] in
      _ = files.open(node, backedBy: OwnedDescriptor(rawValue: dup(other.rawValue)), from: .local, mapping: true)
    }
    #expect(files.open(node, backedBy: file, from: .store) == .conflict)
    #expect(registrar.registered == [BackingID(rawValue: 1)])
    #expect(files.mayBeMapped(node))
    // Once it is closed, the other branch may have it.
    files.release(node, mapping: true)
    #expect(!files.mayBeMapped(node))
    #expect(files.open(node, backedBy: file, from: .store) == .opened(.passthrough(BackingID(rawValue: 3))))
    #expect(registrar.registered == [BackingID(rawValue: 3)])
  }

  @Test("Where the kernel refuses, all opens are served by requests until the last is closed; then it is tried again")
  func refusal() throws {
    registrar.refuses = true
    #expect(try open(node) == .opened(.served))
    #expect(files.active == 0)
    registrar.refuses = false
    // One inode is served in one way at a time.
    #expect(files.open(node, from: .store) == .opened(.served))
    #expect(files.open(node, backedBy: try FileCalls.open("/dev/null", O_RDONLY), from: .store) == .opened(.served))
    #expect(registrar.registered.isEmpty, "a file registered in vain is let go")
    for _ in 0..<2 { files.release(node) }
    #expect(files.open(node, from: .store) == .opened(.served))
    for _ in 0..<2 { files.release(node) }
    #expect(files.open(node, from: .store) == .undecided)
    #expect(try open(node) != .opened(.served))
    #expect(files.active == 1)
  }

  @Test("Closing or forgetting what is not open changes nothing")
  func excess() throws {
    files.release(node)
    files.forget(node)
    _ = try open(node)
    files.release(node)
    files.release(node)
    #expect(files.active == 1)
    files.forget(node)
    files.forget(node)
    files.release(node)
    #expect(files.active == 0)
    #expect(registrar.registered.isEmpty)
  }

  @Test("Beyond some thousands of nodes that nobody has open, the oldest lose their backing files")
  func idleLimit() throws {
    let limit = 16_384
    let file = try FileCalls.open("/dev/null", O_RDONLY)
    let busy = NodeID(rawValue: 1_000_000)
    _ = files.open(busy, backedBy: file, from: .store)
    for number in 0..<limit {
      _ = files.open(NodeID(rawValue: UInt64(number + 2)), backedBy: file, from: .store)
      files.release(NodeID(rawValue: UInt64(number + 2)))
    }
    #expect(files.active == limit + 1)
    // The oldest is used again, and so is no longer the oldest.
    #expect(files.open(NodeID(rawValue: 2), from: .store) != .undecided)
    files.release(NodeID(rawValue: 2))
    for number in limit..<limit + 100 {
      _ = files.open(NodeID(rawValue: UInt64(number + 2)), backedBy: file, from: .store)
      files.release(NodeID(rawValue: UInt64(number + 2)))
    }
    #expect(files.active == limit + 1)
    #expect(registrar.registered.count == limit + 1)
    #expect(files.open(NodeID(rawValue: 2), from: .store) != .undecided)
    #expect((3..<103).allSatisfy { files.open(NodeID(rawValue: $0), from: .store) == .undecided })
    #expect(files.open(NodeID(rawValue: 103), from: .store) != .undecided)
    #expect(files.open(busy, from: .store) != .undecided)
  }
}
