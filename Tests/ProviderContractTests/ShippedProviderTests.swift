import Glibc
import Posix
import ProjectionKit
import Provider
import SystemPackage
import TestSupport
import Testing

@Suite("Every provider that ships keeps the contract")
struct ShippedProviderTests {
  /// Checks a provider that is made for it, and whose source is there for as long as that takes.
  private static func check(
    _ shipped: ShippedProvider, _ body: (ProviderContract) async throws -> Void
  ) async throws {
    print("seed \(seed)")
    let tree = SampleTree(seed: seed)
    let made = try await shipped.make(tree)
    try await body(try ProviderContract(made.provider, tree))
    withExtendedLifetime(made) {}
  }

  private static let seed = UInt64(clamping: time(nil))

  @Test("It lists and gives the tree that it was made from, each time", arguments: ShippedProvider.allCases)
  func tree(shipped: ShippedProvider) async throws {
    try await Self.check(shipped) { contract in
      try await contract.checkTree()
      try await contract.checkSizes()
    }
  }

  @Test("It answers any number of calls at once", arguments: ShippedProvider.allCases)
  func concurrency(shipped: ShippedProvider) async throws {
    try await Self.check(shipped) { try await $0.checkConcurrency() }
  }

  @Test("It says in so many words that it does not know an ID", arguments: ShippedProvider.allCases)
  func unknown(shipped: ShippedProvider) async throws {
    try await Self.check(shipped) { try await $0.checkUnknown(seed: Self.seed) }
  }

  @Test("Who leaves disturbs nobody", arguments: ShippedProvider.allCases)
  func cancellation(shipped: ShippedProvider) async throws {
    try await Self.check(shipped) { try await $0.checkCancellation() }
  }

  @Test("What it can do beyond that gives the same", arguments: ShippedProvider.allCases)
  func abilities(shipped: ShippedProvider) async throws {
    try await Self.check(shipped) { contract in
      // Each is known for what it can.
      let hasRanges = try await contract.checkRanges(seed: Self.seed)
      let hasLookups = try await contract.checkLookups()
      let verifies = try await contract.checkVerification()
      #expect(hasRanges == [.archive, .directory, .exec, .http].contains(shipped))
      #expect(hasLookups == [.exec].contains(shipped))
      #expect(verifies == [.git, .http].contains(shipped))
    }
  }

  @Test(
    "Mounted, it is the tree to other programs", .enabled(if: Availability.fuse, "FUSE is not available"),
    arguments: ShippedProvider.allCases)
  func mounted(shipped: ShippedProvider) async throws {
    let made = try await shipped.make(SampleTree(seed: Self.seed))
    let mountpoint = try made.home.makeDirectory("view")
    var options = ProjectedFileSystem.Options()
    options.stateDirectory = FilePath(made.home.path + "/state")
    let view = try await ProjectedFileSystem.mount(made.provider, at: FilePath(mountpoint), options: options)
    for _ in 0..<2 {
      let outcome = try await Self.run(["diff", "-r", "--no-dereference", made.original, mountpoint])
      #expect(outcome.exitCode == 0, "\(outcome.output.prefix(2000)) \(outcome.errors.prefix(2000))")
    }
    try await view.unmount()
    withExtendedLifetime(made) {}
  }

  /// Runs a program without blocking a thread that the provider may need.
  private static func run(_ arguments: [String]) async throws -> Subprocess.Outcome {
    try await withCheckedContinuation { continuation in
      Threads.start("program") {
        continuation.resume(returning: Result { () throws(Errno) in try Subprocess.run(arguments) })
      }
    }.get()
  }
}
