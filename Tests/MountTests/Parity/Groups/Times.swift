extension ScenarioGroup {
  /// utimensat(2) and futimens(3): times that are set.
  static let times = ScenarioGroup(
    name: "times",
    script: """
      scenario given times
      each file,dir,dir/inner,empty,tool utimensat {} 1000000000.123456789 1234567890.987654321
      each file,dir,dir/inner,empty,tool stat {} atime,mtime
      utimensat file 0 0
      stat file atime,mtime
      utimensat file 1 omit
      stat file atime,mtime
      utimensat file omit 2
      stat file atime,mtime
      utimensat file omit omit
      stat file atime,mtime
      stat file size,mode
      cat file

      scenario times before 1970 and after 2038
      utimensat file -1 -1
      stat file atime,mtime
      utimensat file -1.500000000 -2147483648
      stat file atime,mtime
      utimensat file 2147483648 4294967296.000000001
      stat file atime,mtime
      utimensat file 15032385535 15032385535
      stat file atime,mtime

      scenario times that are none
      utimensat file 1.1000000000 1
      utimensat file 1 1.-1
      utimensat file 1 1 UNKNOWN

      scenario the present
      utimensat file 5 5
      utimensat dir 5 5
      mark file dir
      utimensat file now now
      changed file
      accessed file
      utimensat dir now omit
      changed dir
      accessed dir
      mark file dir
      utimensat file null
      changed file
      accessed file
      utimensat dir omit now
      changed dir
      accessed dir

      scenario ctime follows, whatever is set
      mark file dir
      utimensat file 5 omit
      changed file
      utimensat dir omit 5
      changed dir
      mark file dir
      utimensat file omit omit
      changed file

      scenario symbolic links
      utimensat link 100 200
      stat file atime,mtime
      mark link file
      utimensat link 300 400 NOFOLLOW
      lstat link atime,mtime
      stat file atime,mtime
      changed link
      changed file
      utimensat dangling 1 1
      utimensat dangling 500 600 NOFOLLOW
      lstat dangling atime,mtime

      scenario through an open file
      open file O_RDONLY -> h
      futimens h 100.5 200.6
      fstat h atime,mtime
      stat file atime,mtime
      mark file
      futimens h now omit
      changed file
      accessed file
      open dir O_RDONLY -> d
      futimens d 7 8
      stat dir atime,mtime

      scenario paths that lead nowhere
      symlink loop loop
      each missing,missing/x,file/x,link/x,dangling,loop,loop/x,@empty,@name256,@path4096:file utimensat {} 1 1
      each missing,missing/x,file/x,link/x,dangling,loop,loop/x,@empty,@name256,@path4096:file utimensat {} now now
      each file/,link/,dir/,to-dir/ utimensat {} 1 1

      scenario who may
      as 1001 utimensat file now now
      as 1001 utimensat file null
      as 1001 utimensat file 5 5
      as 1001 utimensat file omit omit
      as 1001 utimensat file now omit
      chmod file 0666
      as 1001 utimensat file now now
      as 1001 utimensat file null
      as 1001 utimensat file 5 5
      as 1001 utimensat file now 5
      as 1001 utimensat file now omit
      as 1001 utimensat file omit now
      chown file 1001 -
      chmod file 0
      as 1001 utimensat file 5 5
      as 1001 utimensat file now now
      as 1001 open link O_PATH
      as 1001 utimensat link 5 5 NOFOLLOW
      chmod dir 0600
      as 1001 utimensat dir/inner 5 5

      scenario the times of new things
      mark .
      put f 0644
      mkdir d
      symlink x l
      mkfifo p 0644
      mknod n file 0644
      mknod c char:1:3 0644
      bind s
      fresh f d l p n c s

      scenario times stay while a file is renamed and linked
      utimensat file 100.1 200.2
      utimensat dir 300.3 400.4
      rename file new
      link new linked
      rename dir moved
      each new,linked,moved stat {} mtime
      chmod new 0600
      chown new 1001 1001
      stat new atime,mtime

      scenario times stay when a file becomes writable
      utimensat file 100 200
      open file O_RDWR -> h
      fstat h mtime
      close h
      stat file mtime
      open big O_WRONLY -> b
      mark big
      write b @empty
      changed big
      stat file mtime

      """)
}
