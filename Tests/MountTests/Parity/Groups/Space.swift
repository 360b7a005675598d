extension ScenarioGroup {
  /// fallocate(2), where in a file there is something (lseek(2) with SEEK_DATA and SEEK_HOLE), and limits of sizes.
  static let space = ScenarioGroup(
    name: "space",
    isPortable: false,
    script: """
      scenario allocating
      open new O_CREAT,O_RDWR -> h
      fallocate h - 0 65536
      fstat h size,blocks
      pread h 10 65530
      fallocate h - 0 100
      fstat h size
      fallocate h - 65536 10
      fstat h size
      posix_fallocate h 100000 1
      fstat h size
      write h text
      pread h 10 0

      scenario allocating in a file that was there
      open file O_RDWR -> h
      fallocate h - 0 10
      cat file
      fallocate h - 0 50
      cat file
      fallocate h KEEP_SIZE 0 100000
      fstat h size
      cat file
      open empty O_RDWR -> e
      fallocate e KEEP_SIZE 0 4096
      stat empty size,blocks
      cat empty

      scenario punching holes
      open big O_RDWR -> h
      fallocate h PUNCH_HOLE,KEEP_SIZE 4096 8192
      fstat h size
      pread h 20000 0
      fallocate h PUNCH_HOLE,KEEP_SIZE 10 20
      pread h 40 0
      fallocate h PUNCH_HOLE,KEEP_SIZE 139000 100000
      fstat h size
      pread h 2000 138990
      fallocate h PUNCH_HOLE,KEEP_SIZE 200000 4096
      fstat h size
      fallocate h PUNCH_HOLE,KEEP_SIZE 0 140010
      fstat h size
      cat big

      scenario zeroing
      open big O_RDWR -> h
      fallocate h ZERO_RANGE 100 10
      pread h 20 95
      fallocate h ZERO_RANGE 4096 4096
      pread h 4100 4094
      fallocate h ZERO_RANGE,KEEP_SIZE 140000 8192
      fstat h size
      pread h 20 139995
      fallocate h ZERO_RANGE 140000 8192
      fstat h size

      scenario taking out and putting in
      open new O_CREAT,O_RDWR -> h
      write h @fill4096:a @fill4096:b @fill4096:c @fill4096:d
      fallocate h COLLAPSE_RANGE 4096 4096
      cat new
      fallocate h INSERT_RANGE 4096 4096
      cat new
      fallocate h COLLAPSE_RANGE 0 100
      fallocate h COLLAPSE_RANGE 0 16384
      fallocate h INSERT_RANGE 16384 4096
      fallocate h INSERT_RANGE,KEEP_SIZE 0 4096
      open big O_RDWR -> b
      fallocate b COLLAPSE_RANGE 0 4096
      fstat b size
      pread b 20 65900

      scenario what is no range
      open file O_RDWR -> h
      fallocate h - 0 0
      fallocate h - -1 10
      fallocate h - 0 -1
      fallocate h - 0x7fffffffffffffff 1
      fallocate h PUNCH_HOLE 0 10
      fallocate h PUNCH_HOLE,ZERO_RANGE,KEEP_SIZE 0 10
      fallocate h - 0 17592186044416
      fallocate h UNSHARE_RANGE,PUNCH_HOLE,KEEP_SIZE 0 10
      posix_fallocate h 0 0
      posix_fallocate h -1 10
      fstat h size

      scenario what cannot be allocated in
      open file O_RDONLY -> r
      fallocate r - 0 10
      open dir O_RDONLY -> d
      fallocate d - 0 10
      mkfifo p 0644
      open p O_RDWR -> p
      fallocate p - 0 10
      posix_fallocate r 0 10
      posix_fallocate p 0 10
      open file O_PATH -> o
      fallocate o - 0 10
      open file O_WRONLY,O_APPEND -> a
      fallocate a - 0 100
      fallocate a PUNCH_HOLE,KEEP_SIZE 0 10
      stat file size

      scenario limits of a process
      limit 5000
      open new O_CREAT,O_RDWR -> h
      fallocate h - 0 5001
      fallocate h - 0 5000
      fallocate h KEEP_SIZE 0 6000
      fstat h size

      scenario data and holes of a new file
      open new O_CREAT,O_RDWR -> h
      lseek h 0 DATA
      lseek h 0 HOLE
      pwrite h 65536 @fill4096:x
      lseek h 0 DATA
      lseek h 0 HOLE
      lseek h 65536 DATA
      lseek h 65536 HOLE
      lseek h 70000 HOLE
      ftruncate h 200000
      lseek h 69632 DATA
      lseek h 69632 HOLE
      lseek h 200000 HOLE
      lseek h 199999 HOLE
      lseek h 200001 DATA
      lseek h -1 DATA
      pwrite h 131072 @fill4096:y
      lseek h 69632 DATA
      lseek h 0 CUR

      scenario data and holes of a file that was there
      open big O_RDONLY -> r
      lseek r 0 DATA
      lseek r 0 HOLE
      lseek r 140009 HOLE
      lseek r 140010 HOLE
      lseek r 140010 DATA
      lseek r 10 DATA
      open big O_RDWR -> w
      fallocate w PUNCH_HOLE,KEEP_SIZE 8192 65536
      lseek w 0 HOLE
      lseek w 8192 DATA
      lseek w 73728 HOLE
      open empty O_RDONLY -> e
      lseek e 0 DATA
      lseek e 0 HOLE

      scenario holes that were truncated
      open file O_RDWR -> h
      ftruncate h 1000000
      lseek h 0 HOLE
      lseek h 4096 DATA
      fstat h size
      ftruncate h 29
      lseek h 0 HOLE
      cat file

      scenario too big
      truncate file 0x7fffffffffffffff
      truncate file 17592186044416
      truncate file 17592186040320
      stat file size
      open file O_RDWR -> h
      ftruncate h 0x7fffffffffffffff
      pwrite h 17592186044416 x
      pwrite h 0x7ffffffffffffff0 x
      truncate file 29
      cat file

      scenario positions that no file reaches
      open file O_RDONLY -> h
      lseek h 0x7fffffffffffffff SET
      lseek h 1 CUR

      scenario zeroing changes times
      open file O_RDWR -> h
      mark file
      fallocate h ZERO_RANGE 0 4096
      changed file

      scenario the file system
      statfs .
      statfs file
      statfs dir
      each missing,missing/x,file/x,dangling,@empty,@name256 statfs {}
      chmod dir 0600
      as 1001 statfs dir/inner
      as 1001 statfs dir

      """)
}
