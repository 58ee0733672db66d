# The commit function alone, as Redis runs it: no nginx here.  The source is
# the one that the module embeds.

use CRM::Test;

use Cwd qw(abs_path);
use File::Basename qw(dirname);

my $header = dirname(abs_path(__FILE__)) . '/../src/store/crm_commit_lua.h';
my $server = CRM::Server->new(no_start => 1);

$server->start_redis;

my $source = join '', map { /^ {4}"(.*)\\n";?$/ ? unescape($1) . "\n" : () }
                      split /\n/, CRM::Server::slurp($header);

redis('FUNCTION', 'LOAD', "#!lua name=crm_test\n$source"
      . "redis.register_function('commit', commit)\n");


sub redis { return $server->redis(@_) }


sub unescape {
    my ($text) = @_;

    $text =~ s/\\(["\\])/$1/g;

    return $text;
}


# the reply, or the text of the error

sub raw {
    my (@args) = @_;

    my $reply = eval { redis('FCALL', 'commit', @args) };

    return $@ ? $@ =~ s/\n\z//r : $reply;
}


# commit([[type, key, field, value], ..], [COMMAND, key, arguments ..], ..)

sub commit {
    my ($checks, @writes) = @_;

    my @keys = map { $_->[1] } @$checks;
    my @args = (scalar @$checks, map { ($_->[0], $_->[2] // '',
                                        $_->[3] // '') } @$checks);
    my ($times, $run) = (undef, '');

    for (@writes) {
        my ($command, @rest) = @$_;

        push @keys, splice @rest, 0, $command =~ /\A(?:RENAME|ZGROUP)\z/ ? 2 : 1;

        if ($run ne "$command " . @rest) {
            push @args, $command, scalar @rest, 0;
            $times = $#args;
            $run   = "$command " . @rest;
        }

        $args[$times]++;
        push @args, @rest;
    }

    return raw(scalar @keys, @keys, @args);
}


# everything that is stored, without the listpacks' spare bytes

sub content {
    my %all;

    for my $key (sort @{ redis('KEYS', '*') }) {
        my $type = redis('TYPE', $key);

        my $value = $type eq 'hash'   ? redis('HGETALL', $key)
                  : $type eq 'zset'   ? redis('ZRANGE', $key, 0, -1,
                                              'WITHSCORES')
                  : $type eq 'set'    ? [sort @{ redis('SMEMBERS', $key) }]
                  : $type eq 'list'   ? redis('LRANGE', $key, 0, -1)
                  : $type eq 'string' ? redis('GET', $key) : $type;

        $value = { @$value } if $type eq 'hash';
        $all{$key} = [$type, $value, redis('PTTL', $key) > 0 ? 1 : 0];
    }

    return \%all;
}


sub unchanged_ok {
    my ($name, $expected, $checks, @writes) = @_;

    my $before = content();
    my $reply  = commit($checks, @writes);

    ref $expected eq 'ARRAY' ? is_deeply($reply, $expected, $name)
                             : like($reply, $expected, $name);
    is_deeply(content(), $before, "$name: nothing changed");
}


# ---- every command -------------------------------------------------------

my $soon = (time() + 1000) . '000';

is_deeply(commit([],
    ['HINCRBY', 'counts', 'n', 5],
    ['HINCRBY', 'counts', 'n', -2],
    ['HSET', 'h', 'a', 1, 'b', "x\r\n\0y"],
    ['HDEL', 'h', 'a', 'none'],
    ['ZADD', 'z', '1.5', 'one', '-3', 'two', 'inf', 'three', '1e3', 'four',
                  '-inf', 'five', '12345678901234', 'six', '.5', 'seven'],
    ['ZREM', 'z', 'two'],
    ['SADD', 's', 1, 2, 3],
    ['SREM', 's', 2],
    ['SETBIT', 'bits', 7, 1],
    ['SETRANGE', 'rows', 3, "a\0b"],
    ['SET', 'plain', 'v'],
    ['SET', 'short', 'v', 'PX', 100_000],
    ['SET', 'gone', 'v'],
    ['DEL', 'gone'],
    ['LPUSH', 'l', 'b', 'a'],
    ['RPUSH', 'l', 'c', 'd', 'c'],
    ['LREM', 'l', -1, 'c'],
    ['LTRIM', 'l', 0, 2],
    ['SET', 'from', 'moved'],
    ['RENAME', 'from', 'to'],
    ['RENAME', 'never', 'to'],
    ['PEXPIREAT', 'to', $soon],
    ['ZADD', 'set', 7, 'a', 7, 'b', 8, 'c'],
    ['ZADD', 'groups', 9, '8'],
    ['ZGROUP', 'groups', 'set', 7, '7'],
    ['ZGROUP', 'groups', 'set', 8, '8'],
), [1, 3], 'a commit of every command, and what the last counter came to');

is_deeply(content(), {
    counts => ['hash', { n => 3 }, 0],
    groups => ['zset', ['7', '35184372088839'], 0],
    set    => ['zset', ['a', '7', 'b', '7', 'c', '8'], 0],
    h      => ['hash', { b => "x\r\n\0y" }, 0],
    z      => ['zset', ['five', '-inf', 'seven', '0.5', 'one', '1.5',
                        'four', '1000', 'six', '12345678901234',
                        'three', 'inf'], 0],
    s      => ['set', [1, 3], 0],
    bits   => ['string', "\x01", 0],
    rows   => ['string', "\0\0\0a\0b", 0],
    plain  => ['string', 'v', 0],
    short  => ['string', 'v', 1],
    l      => ['list', ['a', 'b', 'c'], 0],
    to     => ['string', 'moved', 1],
}, 'and what it leaves');

is_deeply(commit([]), [1], 'a commit of nothing');
is_deeply(commit([[4, 'h']]), [1], 'a commit of checks alone');


# ---- checks --------------------------------------------------------------

redis('SETBIT', 'bitone', 9, 1);
redis('SETBIT', 'bitnone', 9, 0);
redis('ZADD', 'scored', 5, 'a', 7, 'b');
redis('HSET', 'e', 'version', 7, 'empty', '', 'big', '900719925474099');

my @write = ['HSET', 'e', 'touched', 1];

for (
    [[0, 'e', 'version', '7'],     [1]],
    [[0, 'e', 'version', '8'],     [0, 0, '7']],
    [[0, 'e', 'version', '7.0'],   [0, 0, '7']],
    [[0, 'e', 'empty', ''],        [1]],
    [[0, 'e', 'none', ''],         [0, 0, '']],
    [[0, 'nokey', 'version', '7'], [0, 0, '']],
    [[1, 'e', 'none'],             [1]],
    [[1, 'nokey', 'version'],      [1]],
    [[1, 'e', 'version'],          [0, 0, '7']],
    [[1, 'e', 'empty'],            [0, 0, '']],
    [[2, 'e', 'version', '8'],     [1]],
    [[2, 'e', 'version', '7'],     [0, 0, '7']],
    [[2, 'e', 'version', '10'],    [1]],
    [[2, 'e', 'none', '1'],        [1]],
    [[2, 'e', 'none', '0'],        [0, 0, '']],
    [[2, 'nokey', 'n', '1'],       [1]],
    [[2, 'e', 'big', '900719925474100'], [1]],
    [[3, 'nokey'],                 [1]],
    [[3, 'e'],                     [0, 0, '']],
    [[4, 'e'],                     [1]],
    [[4, 'nokey'],                 [0, 0, '']],
    [[5, 'nokey'],                 [1]],
    [[5, 'bitnone'],               [1]],
    [[5, 'bitone'],                [0, 0, '']],
    [[6, 'nokey', '-inf', 'inf'],  [1]],
    [[6, 'scored', '6', '6'],      [1]],
    [[6, 'scored', '(5', '(7'],    [1]],
    [[6, 'scored', '(5', '7'],     [0, 0, '']],
    [[6, 'scored', '5', '5'],      [0, 0, '']],
    [[7, 'e', 'version', '7'],     [1]],
    [[7, 'e', 'version', '6'],     [1]],
    [[7, 'e', 'version', '8'],     [0, 0, '7']],
    [[7, 'e', 'version', '10'],    [0, 0, '7']],
    [[7, 'e', 'none', '0'],        [1]],
    [[7, 'e', 'none', '1'],        [0, 0, '']],
    [[7, 'e', 'empty', '0'],       [0, 0, '']],
    [[7, 'nokey', 'n', '1'],       [0, 0, '']],
) {
    my ($check, $expected) = @$_;
    my $name = 'check ' . join ' ', map { "'$_'" } @$check;

    if ($expected->[0] == 1) {
        redis('HDEL', 'e', 'touched');
        is_deeply(commit([$check], @write), $expected, $name);
        is(redis('HGET', 'e', 'touched'), 1, "$name: written");

    } else {
        unchanged_ok($name, $expected, [$check], @write);
    }
}

unchanged_ok('the first that fails is told', [0, 2, '7'], [
    [4, 'e'], [3, 'nokey'], [0, 'e', 'version', '6'], [3, 'e'],
], @write);


# ---- refusals ------------------------------------------------------------

my @ok = ['SET', 'before', 1];

for (
    ['command', 'GET', 'h'],
    ['command', 'set', 'h', 1],
    ['command', 'FLUSHALL', 'h'],
    ['command', 'EVAL', 'h'],
    ['count', 'HSET', 'h', 'a'],
    ['argument', 'HSET', 'h', 'a', 1, 'b'],
    ['count', 'HDEL', 'h'],
    ['count', 'HINCRBY', 'h', 'a'],
    ['count', 'HINCRBY', 'h', 'a', 1, 2],
    ['count', 'ZADD', 'z', 1],
    ['argument', 'ZADD', 'z', 1, 'a', 2],
    ['count', 'ZREM', 'z'],
    ['count', 'SADD', 's'],
    ['count', 'SREM', 's'],
    ['count', 'SETBIT', 'bits', 1],
    ['count', 'SETRANGE', 'rows', 1],
    ['count', 'SET', 'plain'],
    ['argument', 'SET', 'plain', 1, 'NX'],
    ['count', 'SET', 'plain', 1, 'PX', 5, 'NX'],
    ['argument', 'SET', 'plain', 1, 'EX', 5],
    ['argument', 'SET', 'plain', 1, 'PX', 0],
    ['argument', 'SET', 'plain', 1, 'PX', -5],
    ['argument', 'SET', 'plain', 1, 'PX', '1x'],
    ['argument', 'SET', 'plain', 1, 'PX', '9' x 18],
    ['keys', 'DEL'],
    ['count', 'DEL', 'h', 'z'],
    ['count', 'LPUSH', 'l'],
    ['count', 'RPUSH', 'l'],
    ['count', 'LREM', 'l', 1],
    ['argument', 'LREM', 'l', 'x', 1],
    ['count', 'LTRIM', 'l', 1],
    ['argument', 'LTRIM', 'l', '', 1],
    ['argument', 'LTRIM', 'l', 0, '1 '],
    ['keys', 'RENAME', 'h'],
    ['count', 'RENAME', 'h', 'z', 1],
    ['count', 'PEXPIREAT', 'h'],
    ['argument', 'PEXPIREAT', 'h', 'never'],
    (map { ['argument', 'ZADD', 'z', $_, 'm'] }
         '', ' 1', '1 ', 'x', 'nan', '0x10', '1e999', '-1e999', '1e-999',
         "1\0", '1e', '-', '1.2.3'),
    (map { ['argument', 'SETBIT', 'bits', @$_] }
         [-1, 1], ['4294967296', 1], ['1.5', 1], ['x', 1], [1, 2], [1, ''],
         ['01', 1]),
    (map { ['argument', 'SETRANGE', 'rows', $_, 'ab'] }
         -1, 'x', '1.5', '01', 536_870_911, '9' x 18),
) {
    my ($fault, @bad) = @$_;

    unchanged_ok("refused: @bad" =~ s/\0/\\0/r, qr/^ERR commit: $fault /, [],
                 @ok, \@bad);
}

for ('x', '', '1.0', ' 1', '1 ', '+1', '-0', '01', '-', '9223372036854775808',
     '-9223372036854775808', '1' x 20)
{
    unchanged_ok("HINCRBY by '$_'", qr/^ERR commit: argument /, [],
                 ['HINCRBY', 'counts', 'n', $_]);
}

unchanged_ok('HINCRBY after another write', qr/^ERR commit: order /, [],
             @ok, ['HINCRBY', 'counts', 'n', 1]);

unchanged_ok('an unknown check', qr/^ERR commit: check /, [[8, 'h']], @ok);
unchanged_ok('more than unpack() takes', qr/^ERR commit: count /, [],
             @ok, ['SADD', 's', 1 .. 7001]);

my $before = content();

for (
    ['no arguments', 'count', 0],
    ['checks is no number', 'count', 0, 'x'],
    ['checks below 0', 'count', 0, -1],
    ['half a check', 'count', 0, '1.5'],
    ['a check cut short', 'count', 1, 'h', 1, 0, 'f'],
    ['a check without a key', 'keys', 0, 1, 3, '', ''],
    ['a key too many', 'keys', 2, 'h', 'z', 1, 3, '', ''],
    ['a write without a key', 'keys', 1, 'h', 0, 'DEL', 0, 2],
    ['a rename of one key', 'keys', 1, 'h', 0, 'RENAME', 0, 1],
    ['a write cut short', 'count', 1, 'h', 0, 'HSET', 2, 1, 'f'],
    ['a run cut short', 'count', 2, 'h', 'z', 0, 'HDEL', 1, 2, 'f'],
    ['a run of none', 'count', 0, 0, 'DEL', 0, 0],
    ['a run of half a write', 'count', 1, 'h', 0, 'DEL', 0, '0.5'],
    ['a command alone', 'count', 1, 'h', 0, 'DEL'],
    ['a number for a command', 'command', 1, 'h', 0, 0],
    ['a count that is no integer', 'count', 1, 'h', 0, 'HDEL', '1.5', 1, 1],
    ['a count that is no number', 'count', 1, 'h', 0, 'DEL', 'nan', 1],
    ['a count that is empty', 'count', 1, 'h', 0, 'DEL', '', 1],
) {
    my ($name, $fault, @args) = @$_;

    like(raw(@args), qr/^ERR commit: $fault /, $name);
}

is_deeply(content(), $before, 'and nothing changed');


# ---- increments that fail in the middle ----------------------------------

redis('HSET', 'counts', 'max', '9223372036854775807', 'text', 'x', 'low',
      '-9223372036854775800', 'min', '-9223372036854775800');

for (
    ['overflow', qr/overflow/, ['HINCRBY', 'counts', 'max', 1]],
    ['underflow', qr/overflow/, ['HINCRBY', 'counts', 'min', -100]],
    ['no integer', qr/not an integer/, ['HINCRBY', 'counts', 'text', 1]],
    ['a key of another type', qr/^WRONGTYPE/, ['HINCRBY', 'l', 'n', 1]],
) {
    my ($name, $error, $bad) = @$_;

    unchanged_ok("$name, after four increments and before a write", $error, [],
                 ['HINCRBY', 'counts', 'n', 4],
                 ['HINCRBY', 'counts', 'n', -9],
                 ['HINCRBY', 'fresh', 'n', 3],
                 ['HINCRBY', 'counts', 'low', '9223372036854775807'],
                 ['HINCRBY', 'counts', 'n', 0],
                 $bad,
                 ['HINCRBY', 'counts', 'n', 1],
                 @ok);
}

is(commit([],
    ['HINCRBY', 'counts', 'max', '-9223372036854775807'],
    ['HINCRBY', 'counts', 'max', '9223372036854775807'],
)->[0], 1, 'the largest increments there are');
is(redis('HGET', 'counts', 'max'), '9223372036854775807', 'are exact');


# ---- size ----------------------------------------------------------------

is_deeply(commit([[3, 'w0']], map { ['SET', "w$_", $_] } 0 .. 4999), [1],
          'five thousand writes');
is(redis('GET', 'w4999'), 4999, 'up to the last');

is_deeply(commit([], ['SADD', 'many', 1 .. 7000]), [1], 'a long write');
is(redis('SCARD', 'many'), 7000, 'in full');


ok($server->finish, 'Redis ended');

done_testing;
