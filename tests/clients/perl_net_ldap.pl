#!/usr/bin/perl
# Perl Net::LDAP against the demo: root DSE, schema, searches, bind, and what is switched on by an option.
#
#     perl_net_ldap.pl URI [--account DN] [--paged] [--sort] [--ca FILE] [--ldaps URI] [--certificate FILE --key FILE]
#
# The secret of the account is in the environment as SECRET. --ca proves StartTLS on URI, --ldaps TLS from the first byte.
# The first mismatch ends it with exit code 1.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use Encode qw(decode encode);
use Getopt::Long;
use Net::LDAP;
use Net::LDAP::Constant qw(LDAP_CONTROL_PAGED LDAP_CONTROL_SORTRESULT);
use Net::LDAP::Control::Paged;
use Net::LDAP::Control::Sort;
use Net::LDAP::Schema;
use Unicode::Normalize qw(NFD);

my $base    = 'dc=mssante,dc=fr';
my $address = 'edouard.bechu@labo-prechamp-3.oc.mssante.fr';
my $many    = '(sn=be*)';

my %with;
GetOptions(\%with, 'account=s', 'paged', 'sort', 'ca=s', 'ldaps=s', 'certificate=s', 'key=s') or fail('options');
my $uri = shift @ARGV or fail('no URI');

sub fail { print STDERR "perl Net::LDAP: @_\n"; exit 1 }
sub check { my ($fact, @what) = @_; fail(@what) unless $fact; return $fact }

sub code {
    my ($answer, $code, $what) = @_;
    check($answer->code == $code, "$what: code " . $answer->code . ' instead of ' . $code . ': ' . $answer->error);
    return $answer;
}

sub folded { my $text = NFD(lc shift); $text =~ s/\p{M}//g; return $text }

sub search {
    my ($ldap, $filter, %more) = @_;
    return $ldap->search(base => $base, filter => encode('UTF-8', $filter), attrs => ['mail'], %more);
}

sub mails { my $answer = shift; return map { $_->get_value('mail') } $answer->entries }
sub text  { return decode('UTF-8', shift) }

my $ldap = Net::LDAP->new($uri, timeout => 30) or fail("connect: $@");
code($ldap->bind, 0, 'anonymous bind');

my $root = check($ldap->root_dse, 'no root DSE');
check((grep { $_ eq $base } $root->get_value('namingContexts')), 'naming contexts');
check($root->supported_version(3), 'version 3');

my $schema = check($ldap->schema, 'no schema');
check(!$schema->error, 'schema: ' . ($schema->error // ''));
my $bal = check($schema->objectclass('mssBal'), 'no class mssBal');
check($bal->{auxiliary}, 'mssBal is auxiliary');
my @must = map { $_->{name} } $schema->must('mssBal');
check((grep { $_ eq 'TypeBAL' } @must), "must of mssBal: @must");
check((grep { $_->{name} eq 'rpps' } $schema->may('mssBal')), 'may of mssBal');
check($schema->attribute('rpps')->{equality} eq 'caseIgnoreMatch', 'equality rule of rpps');
check($schema->attribute('commonName'), 'second name of cn');

for my $typed ('edouard*bechu', 'Édouard*BÉCHU', 'BECHU*edouard', 'bechu*villeneuve') {
    my $answer = code(search($ldap, "(&(mail=*)(cn=*$typed*))"), 0, $typed);
    check((grep { $_ eq $address } mails($answer)), "$typed does not find $address");
}
my $answer = code(search($ldap, "(mail=$address)", attrs => ['cn', 'sn;lang-fr', '+'], deref => 'always'), 0, 'by address');
my $entry = check($answer->entry(0), 'no entry');
check(text($entry->get_value('cn')) =~ /^Édouard BÉCHU \(/, 'the first cn tells people apart');
check($entry->exists('entryUUID'), 'operational attributes');
check(!$entry->exists('sn'), 'an attribute that nobody asked for');
$answer = code(search($ldap, "(mail=$address)", typesonly => 1, attrs => []), 0, 'types only');
check(!defined $answer->entry(0)->get_value('mail'), 'types only has no values');
$answer = code(search($ldap, $many, sizelimit => 3), 4, 'size limit');
check($answer->count == 3, 'entries up to the size limit');
code(search($ldap, '(&(mail=*)(mozillaNickname=x))'), 0, 'an attribute nobody knows');
code(search($ldap, $many, base => 'dc=elsewhere'), 32, 'a base that is not there');

my $dn = "mail=$address,ou=bal,$base";
code($ldap->compare($dn, attr => 'sn', value => 'bechu'), 6, 'compare true');
code($ldap->compare($dn, attr => 'sn', value => 'autre'), 5, 'compare false');
check($ldap->modify($dn, replace => { sn => 'x' })->code != 0, 'nothing is written');

if ($with{paged}) {
    my @whole = sort(mails(code(search($ldap, $many), 0, 'whole')));
    my $page  = Net::LDAP::Control::Paged->new(size => 20, critical => 1);
    my (@mails, $pages);
    while (1) {
        $answer = code(search($ldap, $many, control => [$page]), 0, 'a page');
        check($answer->count <= 20, 'a page is larger than asked for');
        push @mails, mails($answer);
        $pages++;
        my ($told) = $answer->control(LDAP_CONTROL_PAGED);
        my $cookie = check($told, 'no control with the page')->cookie;
        last unless defined $cookie && length $cookie;
        $page->cookie($cookie);
    }
    check($pages > 2 && "@{[sort @mails]}" eq "@whole", "$pages pages hold " . @mails . ' of ' . @whole . ' entries');
}

if ($with{sort}) {
    for my $direction ('sn', '-sn') {
        my $sort = Net::LDAP::Control::Sort->new(order => $direction, critical => 1);
        $answer = code(search($ldap, $many, control => [$sort], attrs => ['sn']), 0, "sort by $direction");
        my ($told) = $answer->control(LDAP_CONTROL_SORTRESULT);
        check($told && $told->result == 0, 'the answer to the sort control');
        # Of several names an entry is placed by one, and need not say by which.
        my @single = grep { @$_ == 1 } map { $_->get_value('sn', asref => 1) } $answer->entries;
        my @names  = map { folded(text($_->[0])) } @single;
        my @wanted = sort @names;
        @wanted = reverse @wanted if $direction eq '-sn';
        check(@names > 40 && "@names" eq "@wanted", "the order by $direction: @names");
    }
}

if ($with{account}) {
    code($ldap->bind($with{account}, password => $ENV{SECRET}), 0, 'bind of an account');
    check(mails(code(search($ldap, '(TypeBAL=APP)'), 0, 'APP')) > 0, 'an account sees mailboxes of applications');
    code($ldap->bind($with{account}, password => 'wrong'), 49, 'a wrong secret');
    check(mails(code(search($ldap, '(TypeBAL=APP)'), 0, 'APP')) == 0, 'after a failed bind nobody is bound');
}
$ldap->unbind;

if ($with{ca}) {
    my $tls = Net::LDAP->new($uri, timeout => 30) or fail("connect: $@");
    code($tls->start_tls(verify => 'require', cafile => $with{ca}), 0, 'StartTLS');
    check($tls->cipher, 'a cipher');
    code(search($tls, "(mail=$address)"), 0, 'a search after StartTLS')->count == 1 or fail('no entry after StartTLS');
    code($tls->bind($with{account}, password => $ENV{SECRET}), 0, 'bind after StartTLS') if $with{account};
    $tls->unbind;
}

if ($with{ldaps}) {
    my @trust = (verify => 'require', cafile => $with{ca});
    push @trust, (clientcert => $with{certificate}, clientkey => $with{key}) if $with{certificate};
    my $tls = Net::LDAP->new($with{ldaps}, timeout => 30, @trust) or fail("LDAPS: $@");
    check(search($tls, "(mail=$address)")->count == 1, 'a search over LDAPS');
    $tls->unbind;
    check(!Net::LDAP->new($with{ldaps}, timeout => 30, verify => 'require'), 'a certificate of an unknown authority is refused');
}

print "perl Net::LDAP: all as expected\n";
