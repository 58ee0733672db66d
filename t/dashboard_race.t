# Cards while records move: every one is that of one moment, whatever is
# written beside it.  So many teams that Redis takes the request in parts.

use utf8;
use CRM::Test;
use List::Util qw(sum0);
use POSIX qw(strftime);

my $server = CRM::Test->private(workers => 2);
my $crm    = CRM::Test->tenant(server => $server);

for (2 .. 130) {
    my $res = $crm->post('/teams', { name => "Team $_" });
    die $res->describe if $res->status != 201;
}

# all of them are over, in spans of their own
my @days = ('1969-01-01', '1999-12-31', map {
    strftime('%Y-%m-%d', gmtime(time - 86400 * $_)) } 1, 2, 9, 65, 130);

my $res = $crm->post('/leads/batch', { operations => [ map { {
    op => 'create', body => {
        name => "L$_", team_id => $_, expected_revenue => $_,
        expected_close => $days[ $_ % @days ] } } } 1 .. 130 ] });
is($res->json->{failed}, 0, 'a lead in each team');

for my $round (1 .. 6) {
    my @answers = $crm->concurrently(map {
        my @moves = map { [ 'PATCH', '/leads/' . (1 + int rand 130),
                            { json => { expected_close
                                            => $days[ rand @days ] } } ] }
                    1 .. 6;
        (@moves, [ 'GET', '/teams/dashboard?limit=1000' ])
    } 1 .. 20);

    my @wrong = grep {
        $_->{overdue_opportunities}{count} != 1
        || $_->{overdue_opportunities}{expected_revenue} != $_->{team}{id}
    } map { @{ $_->json->{data} } } grep { $_->json->{data} } @answers;

    is_deeply(\@wrong, [], "round $round: none is lost or counted twice");
}

$crm->check_clean;

done_testing;
