import ArgumentParser
import Commands
import Testing

@testable import Server

@Suite struct ServedCommandTests {
  @Test("What projfs hands on, this program does")
  func handedOn() {
    let handedOn = ProjfsCommand.configuration.subcommands.filter { $0 is any ServerCommand.Type }
    #expect(!handedOn.isEmpty)
    for command in handedOn { #expect(command is any ServedCommand.Type, "\(command)") }
  }
}
