import FuseTransport
import Glibc
import Posix
import Projection
import Provider
import SystemPackage
import TestSupport
import Testing

@Suite("A session with a provider that takes its time", .enabled(if: Availability.fuse, "FUSE is not available"))
struct SessionTests {
  private static let engines: [Engine] = Availability.root ? [.passthrough, .cached] : [.cached]

  @Test("While one file is being fetched, others are read, and all its readers share the fetch", arguments: engines)
  func waiting(engine: Engine) async throws {
    let mounted = try await MountedProvider(engine: engine) { provider in
      provider.addFile("slow", text: "slow text")
      provider.addFile("fast", text: "fast text")
      provider.hold(.fetch("slow text"))
    }
    let readers = try (0..<4).map { try mounted.cat("slow", into: "slow-\($0)") }
    await mounted.provider.arrival(of: .fetch("slow text"))
    #expect(try await mounted.end(of: mounted.cat("fast", into: "fast")) == 0)
    #expect(try mounted.output("fast") == "fast text")
    #expect(mounted.fileSystem.hydrationsInFlight == 1)
    mounted.provider.release(.fetch("slow text"))
    for (number, reader) in readers.enumerated() {
      #expect(try await mounted.end(of: reader) == 0)
      #expect(try mounted.output("slow-\(number)") == "slow text")
    }
    #expect(mounted.provider.count(.fetch("slow text")) == 1)
  }

  @Test("An interrupted reader ends at once, and in passthrough the fetch that nobody wants", arguments: engines)
  func interrupting(engine: Engine) async throws {
    let mounted = try await MountedProvider(engine: engine) { provider in
      provider.addFile("slow", text: "slow text")
      provider.hold(.fetch("slow text"))
    }
    let reader = try mounted.cat("slow", into: "output")
    await mounted.provider.arrival(of: .fetch("slow text"))
    kill(reader, SIGINT)
    #expect(try await mounted.end(of: reader) == 128 + SIGINT)
    // The kernel reads ahead on its own account in the cached engine: there the fetch goes on without the reader.
    let isCancelled = engine == .passthrough
    #expect(mounted.fileSystem.hydrationsInFlight == (isCancelled ? 0 : 1))
    #expect(mounted.provider.cancellations(of: .fetch("slow text")) == (isCancelled ? 1 : 0))
    mounted.provider.release(.fetch("slow text"))
    #expect(try await mounted.end(of: mounted.cat("slow", into: "again")) == 0)
    #expect(try mounted.output("again") == "slow text")
  }

  @Test("A provider that fails costs one request an error, and is asked again", arguments: engines)
  func failing(engine: Engine) async throws {
    let mounted = try await MountedProvider(engine: engine) { provider in
      provider.addFile("file", text: "text")
      provider.fail(.fetch("text"), with: .unavailable("gone for lunch"))
    }
    #expect(try await mounted.end(of: mounted.cat("file", into: "first")) == 1)
    mounted.provider.fail(.fetch("text"), with: nil)
    #expect(try await mounted.end(of: mounted.cat("file", into: "second")) == 0)
    #expect(try mounted.output("second") == "text")
  }

  @Test("A directory that is being listed holds up nobody else", arguments: engines)
  func slowListing(engine: Engine) async throws {
    let mounted = try await MountedProvider(engine: engine) { provider in
      provider.add("slow", .directory("slow directory"))
      provider.addFile("inner", in: "slow directory", text: "inner text")
      provider.addFile("file", text: "text")
      provider.hold(.list("slow directory"))
    }
    let reader = try mounted.cat("slow/inner", into: "inner")
    await mounted.provider.arrival(of: .list("slow directory"))
    #expect(try await mounted.end(of: mounted.cat("file", into: "file")) == 0)
    mounted.provider.release(.list("slow directory"))
    #expect(try await mounted.end(of: reader) == 0)
    #expect(try mounted.output("inner") == "inner text")
  }
}
