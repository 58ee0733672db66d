# `make run' and `make stop', in a directory and on a port of their own.

use CRM::Test;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use Time::HiRes qw(time sleep);

plan skip_all => 'the quick start has no sanitized build'
    if CRM::Server->sanitized;

my $dir   = tempdir(CLEANUP => 1);
my $data  = "$dir/data dir";
my $build = dirname(abs_path(CRM::Server->module));
my $port  = CRM::Server::free_port();
my $from  = '.';

chmod 0755, $dir;

END { make('stop') if defined $data }


sub make {
    my ($target) = @_;

    local $?;
    local $ENV{MAKEFLAGS};

    # what Debian gives to all but root: nginx is in none of these
    local $ENV{PATH} = '/usr/local/bin:/usr/bin:/bin';

    # the caller reads until everybody has closed the pipe
    my $text = qx(make -s -C '$from' $target PORT=$port DATA_DIR='$data' BUILD='$build' \\
                  WORKERS=2 2>&1);

    return ($? >> 8, $text);
}


sub make_ok {
    my ($target) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $begun = time;
    my ($code, $text) = make($target);

    is($code, 0, "make $target") || diag($text);
    cmp_ok(time - $begun, '<', 60, "make $target returns");

    return $text;
}


sub slurp {
    my $text = eval { CRM::Server::slurp("$data/$_[0]") } // '';
    chomp $text;

    return $text;
}


sub mode { return sprintf '%04o', (stat "$data/$_[0]")[2] & 07777 }


# curl in the shape of the README's tour

sub curl {
    my ($path, $token, @options) = @_;

    my $text = qx(curl -sS -g @options -H 'Authorization: Bearer $token' \\
                  'http://127.0.0.1:$port$path' 2>&1);

    return $text =~ /^[\[{]/ ? decode_json($text) : $text;
}


# ---- the first start -----------------------------------------------------

my $text = make_ok('run');

like($text, qr{http://127\.0\.0\.1:$port/crm/v1}, 'prints the URL');
like($text, qr{\Q$data\E/demo\.token}, 'prints where the token is');
is(mode('demo.token'), '0600', 'demo.token');
is(mode('operator.key'), '0600', 'operator.key');
ok(-S "$data/redis.sock", 'redis.sock');

my ($token, $key) = (slurp('demo.token'), slurp('operator.key'));

is(curl('/crm/v1/me', $token)->{tenant}{slug}, 'demo',
   '127.0.0.1 is tenant demo');
is(curl('/crm/v1/me', $token, "-H 'Host: demo.localhost:$port'")
   ->{tenant}{slug}, 'demo', 'demo.localhost too');
is(curl('/crm/v1/me', $token, "-H 'Host: nobody.localhost'")->{code},
   'unknown_tenant', 'another label is another tenant');
is(curl('/crm/v1/me', $token, "-H 'Host: crm.example'")->{code},
   'unknown_tenant', 'a foreign host is none');

my $leads = curl('/crm/v1/leads?active=any&total=true&limit=1', $token);

cmp_ok($leads->{total}, '>=', 300, 'a few hundred leads');

my $persian = curl('/crm/v1/leads?q=%D8%B4%D8%B1%DA%A9%D8%AA&limit=5', $token);

cmp_ok(scalar @{ $persian->{data} }, '>=', 1, 'Persian ones among them');

my %ends;
$ends{$_} = curl("/crm/v1/leads?state=$_&limit=1", $token)->{data}[0]
    for qw(open won lost);

ok($ends{$_}, "$_ ones among them") for sort keys %ends;

is(curl('/nothing', $token)->{status}, 404, 'nginx itself answers problems');
is(curl('/crm/v1/me', $token, '-X', 'BREW')->{status}, 405,
   'an unknown method too');


# ---- again ---------------------------------------------------------------

my ($nginx, $redis) = map { slurp($_) } qw(nginx.pid redis.pid);

make_ok('run');

is(slurp('nginx.pid'), $nginx, 'nginx runs on');
is(slurp('redis.pid'), $redis, 'Redis runs on');
is(slurp('demo.token'), $token, 'the token stays');
is(slurp('operator.key'), $key, 'the key stays');
is(curl('/crm/v1/leads?active=any&total=true&limit=1', $token)->{total},
   $leads->{total}, 'no lead is lost or doubled');


# ---- half of it dies -----------------------------------------------------

sleep 1.1;      # appendfsync everysec
kill 'KILL', $redis;
sleep 0.1 while -d "/proc/$redis" && kill 0, $redis;

make_ok('run');

is(slurp('nginx.pid'), $nginx, 'nginx is the same');
isnt(slurp('redis.pid'), $redis, 'Redis is another');
is(curl('/crm/v1/leads?active=any&total=true&limit=1', $token)->{total},
   $leads->{total}, 'every lead is there again');


# ---- a crash while the demo was loading ----------------------------------

unlink "$data/data/demo.loaded", "$data/demo.token";
make_ok('run');

is(curl('/crm/v1/leads?active=any&total=true&limit=1', slurp('demo.token'))
   ->{total}, $leads->{total}, 'loading again doubles nothing');


# ---- stop ----------------------------------------------------------------

my @ours = map { slurp($_) } qw(nginx.pid redis.pid);
my $sleeper = fork // die;

if ($sleeper == 0) {
    exec 'sleep', '300';
}

make_ok('stop');
ok(!-d "/proc/$_", "process $_ is gone") for @ours;

open my $fh, '>', "$data/nginx.pid" or die $!;
print {$fh} "$sleeper\n";
close $fh;

make_ok('stop');
ok(kill(0, $sleeper), 'a process that only has the number lives');
kill 'KILL', $sleeper;
waitpid $sleeper, 0;
unlink "$data/nginx.pid";

# ---- a checkout that only root may enter, as one in /root ----------------

$from = "$dir/checkout";
mkdir $from or die "$from: $!\n";
system(qw(cp -a Makefile conf), $from) == 0 or die "no copy of conf\n";

# the module is built, and is not to be built anew for another path

open $fh, '>', "$from/conf/dev/build.sh" or die $!;
print {$fh} "#!/bin/sh\n";
close $fh;
chmod 0700, $from;

make_ok('run');
is(curl('/crm/v1/leads?active=any&total=true&limit=1', $token)->{total},
   $leads->{total}, 'every lead is there');
make_ok('stop');


unlike(slurp('log/error.log'), qr/\[(alert|emerg|crit)\]/,
       'nothing bad in the error log');

done_testing;
