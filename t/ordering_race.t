# Somebody moves a card while another move makes room beside it: neither of them
# is taken back.

use utf8;
use CRM::Proxy;
use CRM::Test;
use CRM::Util qw(ids);
use Mojo::IOLoop;

my $server = CRM::Test->private(workers => 4);
my $redis  = $server->dir . '/redis';

# the cards that get other places are being read
my $proxy  = CRM::Proxy->new(listen   => "$redis/proxy.sock",
                             upstream => "$redis/redis.sock",
                             hold     => qr/(?:HGETALL.*?:lead:.*?){8}/s);

$server->write('nginx.conf', $server->nginx_conf
                             =~ s{redis/redis\.sock}{redis/proxy.sock}r);
$server->reload;
$server->wait_ready;

my $crm   = CRM::Test->tenant(server => $server);
my $stage = $crm->post('/stages', { name => 'Column', sequence => 7 })
            ->json->{id};

# moved there together they have the same rank, so that there is no room
my @cards = map { $_->{id} } @{ $crm->post('/leads/batch', { operations => [
    map { { op => 'create', body => { name => "Card $_" } } } 1 .. 12 ] })
    ->json->{results} };
my $late  = $crm->post('/leads', { name => 'Late' })->json->{id};

$crm->bulk('move', \@cards, { stage_id => $stage });


sub order {
    return @{ ids($crm->get('/leads', query => {
        stage_id => $stage, sort => 'position', limit => 100 })) };
}


@cards = order();

my ($left, @moved) = 0;

sub move {
    my ($id, $where, $done) = @_;

    my $tx = $crm->tx('POST', "/crm/v1/leads/$id/move", {
        token => $crm->token, json => { stage_id => $stage, %$where } });

    $left++;
    $crm->{ua}->start($tx => sub {
        my (undef, $tx) = @_;

        is($tx->res->code, 200, "card $id");
        $done->() if $done;
        Mojo::IOLoop->stop if --$left == 0;
    });
}


# of these some come to another worker, while that one waits

sub others {
    my ($timer) = @_;

    return if !$proxy->held;

    push @moved, $cards[ 3 + @moved ];
    move($moved[-1], {}, sub { $proxy->release });
    Mojo::IOLoop->remove($$timer) if @moved == 6;
}


$proxy->arm;
move($late, { before_id => $cards[10] });

my $timer;
$timer = Mojo::IOLoop->recurring(0.05 => sub { others(\$timer) });
Mojo::IOLoop->start;
Mojo::IOLoop->remove($timer);

ok(scalar @moved, 'there were others');

my %moved = map { $_ => 1 } @moved;
my @order = order();

is_deeply([ sort { $a <=> $b } @order[ 0 .. $#moved ] ],
          [ sort { $a <=> $b } @moved ], 'those on top stay there');
is_deeply([ @order[ @moved .. $#order ] ],
          [ (grep { !$moved{$_} } @cards[ 0 .. 9 ]), $late,
            @cards[ 10, 11 ] ], 'and nothing else has moved');

$crm->check_clean;

done_testing;
